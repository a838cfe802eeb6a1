"""The four sizes of a job and the way between them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.pixels import sizes
from server.pixels.picture import Picture
from server.wire.geometry import Extent

SIDES = st.one_of(st.integers(1, 40), st.integers(1, 9000))
MODELS = st.sampled_from([(512, 8), (512, 64), (1024, 8), (1024, 16)])


@settings(max_examples=300, deadline=None)
@given(SIDES, SIDES, MODELS)
def test_a_working_size_fits_the_model_whatever_the_crop(width, height, model):
    native, multiple = model
    plan = sizes.plan(Extent(width, height), native, multiple)
    assert plan.working.width % multiple == 0 and plan.working.height % multiple == 0
    assert plan.content.width <= plan.working.width and plan.content.height <= plan.working.height
    assert min(plan.working.width, plan.working.height) >= 8 * multiple
    assert plan.working.longest <= 4 * native + multiple
    assert plan.content.pixels <= (1.25 * native + 1) ** 2 + plan.content.longest
    assert plan.target == plan.input


@settings(max_examples=200, deadline=None)
@given(st.integers(64, 4000), st.integers(64, 4000), MODELS)
def test_the_aspect_is_kept(width, height, model):
    content = sizes.plan(Extent(width, height), *model).content
    assert abs(content.width * height / width - content.height) <= 0.5 + 0.5 * height / width


@pytest.mark.parametrize("side", [450, 512, 600, 640])
def test_a_crop_that_suits_the_model_is_not_scaled(side):
    plan = sizes.plan(Extent(side, side - 3), 512, 8)
    assert plan.content == plan.input and plan.scale == 1


def test_a_small_crop_is_enlarged_and_a_large_one_reduced():
    assert sizes.plan(Extent(100, 100), 512, 8).content == Extent(448, 448)
    assert sizes.plan(Extent(4000, 4000), 512, 8).content == Extent(640, 640)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from([8, 16, 64]))
def test_a_picture_that_is_only_padded_comes_back_bit_for_bit(width, height, multiple):
    plan = sizes.plan_padded(Extent(width, height), multiple)
    image = np.random.default_rng(0).random((height, width, 3)).astype(np.float32)
    fitted = sizes.fit(image, plan)
    assert fitted.shape == (plan.working.height, plan.working.width, 3)
    np.testing.assert_array_equal(sizes.unfit(fitted, plan), image)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90))
def test_any_size_goes_to_the_model_and_back(width, height):
    plan = sizes.plan(Extent(width, height), 128, 8)
    image = np.random.default_rng(0).random((height, width, 3)).astype(np.float32)
    back = sizes.unfit(sizes.fit(image, plan), plan)
    assert back.shape == image.shape and back.dtype == np.float32
    assert back.min() >= image.min() and back.max() <= image.max()


def test_scaling_there_and_back_moves_nothing():
    y, x = np.indices((300, 330), np.float32)
    dot = np.exp(-((y - 140) ** 2 + (x - 200) ** 2) / 200)
    for side in (128, 512):
        plan = sizes.plan(Extent(330, 300), side, 8)
        assert plan.content != plan.input
        back = sizes.unfit(sizes.fit(dot, plan), plan)
        assert float((back * y).sum() / back.sum()) == pytest.approx(140, abs=0.05)
        assert float((back * x).sum() / back.sum()) == pytest.approx(200, abs=0.05)


def test_padding_repeats_the_edge():
    plan = sizes.plan_padded(Extent(5, 3), 8)
    image = np.arange(15, dtype=np.float32).reshape(3, 5)
    fitted = sizes.fit(image, plan)
    assert (fitted[0, 5:] == 4).all() and (fitted[3:, 0] == 10).all()


def test_a_hair_of_selection_is_not_lost_by_shrinking():
    plan = sizes.plan(Extent(3000, 3000), 512, 8)
    mask = np.zeros((3000, 3000), np.float32)
    mask[1500] = 1
    fitted = sizes.fit_mask(mask, plan)
    assert fitted.max() > 0.5
    assert (fitted.max(axis=0)[: plan.content.width] > 0.5).all()


def test_an_upscaler_gives_the_target_more_pixels_than_the_input():
    plan = sizes.plan(Extent(500, 460), 512, 8, upscale=4, target=Extent(2000, 1840))
    assert plan.output == Extent(plan.working.width * 4, plan.working.height * 4)
    made = np.zeros((plan.output.height, plan.output.width, 3), np.float32)
    assert sizes.unfit(made, plan).shape == (1840, 2000, 3)


def test_scale_says_how_much_larger_the_content_is():
    assert math.isclose(sizes.plan(Extent(256, 256), 512, 8).scale, 448 / 256)


def test_a_large_picture_is_shrunk_in_its_shape_and_a_small_one_left() -> None:
    picture = Picture(np.full((300, 900, 3), 0.25, np.float32), np.full((300, 900), 0.5, np.float32))
    assert sizes.shrunk(picture, 300 * 900) is picture
    small = sizes.shrunk(picture, 3000)
    assert (small.extent.width, small.extent.height) == (94, 31)
    np.testing.assert_allclose(small.rgb, 0.25, atol=1e-6)
    np.testing.assert_allclose(small.alpha, 0.5, atol=1e-6)


def test_what_is_transparent_gives_no_colour_to_a_picture_that_is_shrunk() -> None:
    alpha = np.zeros((100, 100), np.float32)
    alpha[::2] = 1
    rgb = np.where(alpha[..., None] > 0, np.float32([0.8, 0.1, 0.3]), np.float32(1.0)).astype(np.float32)
    small = sizes.shrunk(Picture(rgb, alpha), 50 * 50)
    np.testing.assert_allclose(small.rgb, np.broadcast_to([0.8, 0.1, 0.3], small.rgb.shape), atol=1e-5)
    assert not sizes.shrunk(Picture(rgb, np.zeros_like(alpha)), 2500).rgb.any()


@pytest.mark.parametrize("shape", [(1, 100_000), (100_000, 1)])
def test_a_line_stays_a_line_when_it_is_shrunk(shape: tuple[int, int]) -> None:
    line = Picture(np.ones((*shape, 3), np.float32), np.ones(shape, np.float32))
    assert min(sizes.shrunk(line, 1000).alpha.shape) == 1
