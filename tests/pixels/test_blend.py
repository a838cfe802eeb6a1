"""The answer made to fit: colours matched to the known surroundings, alpha exactly where it was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import edges
from server.pixels import blend, masks, metrics
from server.pixels.picture import Picture
from server.wire.errors import Code, OverpaintError

LEVEL = 1 / 255


def opaque(rgb: np.ndarray) -> Picture:
    return Picture(rgb, np.ones(rgb.shape[:2], np.float32))


@pytest.fixture(scope="module")
def coffee() -> np.ndarray:
    return edges.photograph("coffee")


@pytest.fixture(scope="module")
def selection(coffee) -> np.ndarray:
    return edges.selection(*coffee.shape[:2])


def composite(layer: Picture, below: np.ndarray) -> np.ndarray:
    return edges.over(layer.rgb, below, layer.alpha)


@pytest.mark.parametrize("drift", [edges.constant_drift, edges.varying_drift])
@pytest.mark.parametrize("name", edges.PHOTOGRAPHS)
def test_a_drifted_answer_leaves_no_step_at_the_edge(name, drift):
    truth = edges.photograph(name)
    scene = edges.Scene(truth, drift(truth), edges.selection(*truth.shape[:2]))
    five, one = edges.steps(scene, edges.ours(scene))
    assert five <= 0.4 and one <= 0.6


def test_other_things_painted_inside_do_not_disturb_the_match(coffee, selection):
    painted = coffee.copy()
    painted[selection > 0] = (0.9, 0.1, 0.2)
    layer = blend.finish(opaque(coffee), edges.varying_drift(painted), masks.derive(selection, 0, 0))
    error = (layer.rgb - painted)[selection > 0]
    assert np.abs(error.mean(axis=0)).max() < 3 * LEVEL
    hard = (edges.varying_drift(painted) - painted)[selection > 0]
    assert np.abs(hard.mean(axis=0)).max() > 6 * LEVEL


def test_surroundings_that_the_model_repainted_in_part_do_not_colour_the_answer(coffee, selection):
    answer = edges.constant_drift(coffee)
    answer[:120] = 1.0
    layer = blend.finish(opaque(coffee), answer, masks.derive(selection, 0, 0))
    lower = (selection > 0) & (np.indices(selection.shape)[0] > 200)
    assert np.abs((layer.rgb - coffee)[lower].mean(axis=0)).max() < 1.5 * LEVEL


def test_an_answer_true_to_its_surroundings_is_not_touched(coffee, selection):
    answer = coffee.copy()
    answer[selection > 0] = np.float32(0.123)
    found = masks.derive(selection)
    layer = blend.finish(opaque(coffee), answer, found)
    np.testing.assert_array_equal(layer.rgb[found.edit], answer[found.edit])


def test_without_surroundings_the_answer_is_taken_as_it_is(coffee):
    answer = edges.constant_drift(coffee)
    layer = blend.finish(opaque(coffee), answer, masks.whole(opaque(coffee).extent))
    np.testing.assert_array_equal(layer.rgb, answer)
    assert (layer.alpha == 1).all()


def test_a_selection_that_reaches_three_borders_is_still_matched(coffee):
    mask = np.zeros(coffee.shape[:2], np.float32)
    mask[:, :400] = 1
    layer = blend.finish(opaque(coffee), edges.constant_drift(coffee), masks.derive(mask, 0, 0))
    near = np.s_[:, 360:400]
    assert np.abs((layer.rgb - coffee)[near].mean(axis=(0, 1))).max() < LEVEL


def test_transparent_surroundings_say_nothing_about_colour(coffee, selection):
    garbage = coffee.copy()
    alpha = np.ones(coffee.shape[:2], np.float32)
    alpha[:, :300] = 0
    garbage[:, :300] = 0
    layer = blend.finish(Picture(garbage, alpha), edges.constant_drift(coffee), masks.derive(selection, 0, 0))
    right = (selection > 0) & (np.indices(selection.shape)[1] > 300)
    assert np.abs((layer.rgb - coffee)[right].mean(axis=0)).max() < LEVEL


def test_light_beyond_white_around_the_selection_says_nothing_about_colour(coffee, selection):
    hdr = coffee.copy()
    hdr[:150] *= 20
    layer = blend.finish(opaque(hdr), edges.constant_drift(coffee), masks.derive(selection, 0, 0))
    lower = (selection > 0) & (np.indices(selection.shape)[0] > 200)
    assert np.abs((layer.rgb - coffee)[lower].mean(axis=0)).max() < LEVEL


def test_a_whole_tiny_ring_corrects_a_constant_shift():
    truth = np.full((3, 3, 3), 0.5, np.float32)
    mask = np.zeros((3, 3), np.float32)
    mask[1, 1] = 1
    layer = blend.finish(opaque(truth), truth + np.float32(10 * LEVEL), masks.derive(mask, 0, 0))
    np.testing.assert_allclose(layer.rgb[1, 1], 0.5, atol=1 * LEVEL)


def test_scattered_surroundings_cost_no_more_than_whole_ones(coffee, selection):
    rng = np.random.default_rng(0)
    scattered = Picture(coffee, (rng.random(coffee.shape[:2]) < 0.05).astype(np.float32))
    ring = np.argwhere(scattered.alpha > 0)
    assert blend._squares(ring)[1].size <= blend._CELLS
    layer = blend.finish(scattered, edges.varying_drift(coffee), masks.derive(selection, 0, 0))
    assert np.abs((layer.rgb - coffee)[selection > 0].mean(axis=0)).max() < LEVEL


def test_no_correction_is_wild():
    rng = np.random.default_rng(0)
    truth, answer = (rng.random((80, 80, 3), dtype=np.float32) for _ in range(2))
    mask = np.zeros((80, 80), np.float32)
    mask[30:50, 30:50] = 1
    layer = blend.finish(opaque(truth), answer, masks.derive(mask, 0, 0))
    assert np.abs(layer.rgb - answer)[mask > 0].max() <= 0.2 + 1e-6


def test_an_answer_that_is_no_picture_is_an_error(coffee, selection):
    answer = coffee.copy()
    answer[200, 300] = np.nan
    with pytest.raises(OverpaintError) as error:
        blend.finish(opaque(coffee), answer, masks.derive(selection))
    assert error.value.code is Code.EDIT_FAILED


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 24), st.integers(1, 24), st.integers(0, 2**32 - 1))
def test_outside_the_edit_the_colours_are_the_sources_own_bits(width, height, seed):
    rng = np.random.default_rng(seed)
    source = Picture(
        rng.normal(0.5, 1, (height, width, 3)).astype(np.float32), rng.random((height, width)).astype(np.float32)
    )
    mask = (rng.random((height, width)) > 0.8).astype(np.float32)
    mask[rng.integers(height), rng.integers(width)] = 1
    found = masks.derive(mask, int(rng.integers(3)), int(rng.integers(3)))
    layer = blend.finish(source, rng.random((height, width, 3)).astype(np.float32), found)
    assert np.isfinite(layer.rgb).all()
    np.testing.assert_array_equal(layer.rgb[~found.edit], source.rgb[~found.edit])
    assert metrics.max_change_outside(source.rgb, composite(layer, source.rgb), found.edit) == 0
