"""Erasing: the promises of the method, on small pictures made here."""

from __future__ import annotations

import math

import numpy as np
import pytest

from server.editing.edit import Answer, CancelledEdit, Scene, Step
from server.methods.erasing.erase import erase
from server.pixels.picture import F32, Picture
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Recipe

NO_MODELS = None
"""Erasing asks for none."""


def run(rgb: F32, mask: np.ndarray, alpha: F32 | None = None, report=lambda step: None, **settings: object) -> Answer:
    alpha = np.ones(rgb.shape[:2], np.float32) if alpha is None else alpha
    scene = Scene(Picture(rgb.astype(np.float32), alpha), mask.astype(np.float32))
    recipe = Recipe("erase", **{"seed": 1, **settings})
    return erase(scene, recipe, NO_MODELS, report)


def erased(rgb: F32, mask: np.ndarray, **more: object) -> F32:
    return run(rgb, mask, **more).result.images[0]


def psnr(a: F32, b: F32) -> float:
    return -10 * math.log10(max(1e-12, float(np.mean((a - b) ** 2))))


def box(height: int, width: int, top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros((height, width), bool)
    mask[top:bottom, left:right] = True
    return mask


def stripes(height: int = 96, width: int = 120) -> F32:
    y, x = np.indices((height, width))
    wave = 0.5 + 0.3 * np.sin((x + 0.5 * y) * 0.7)
    return np.stack([wave, 0.8 * wave, 1 - wave], 2).astype(np.float32)


def sky(height: int = 96, width: int = 120) -> F32:
    y, x = np.indices((height, width)) / 120
    grain = np.random.default_rng(3).normal(0, 0.004, (height, width, 1))
    return (np.stack([0.2 + 0.3 * y, 0.4 + 0.2 * y + 0.1 * x, 0.7 + 0.1 * x], 2) + grain).astype(np.float32)


def test_every_pixel_outside_the_selection_comes_back_bit_for_bit() -> None:
    rgb, mask = stripes(), box(96, 120, 30, 40, 60, 80)
    assert np.array_equal(erased(rgb, mask)[~mask], rgb[~mask])


def test_a_pattern_goes_on_through_the_hole() -> None:
    rgb, mask = stripes(), box(96, 120, 34, 44, 60, 72)
    assert psnr(erased(rgb, mask)[mask], rgb[mask]) > 27


def test_a_sky_keeps_its_slope_and_its_grain() -> None:
    rgb, mask = sky(), box(96, 120, 30, 40, 60, 80)
    answer = erased(rgb, mask)
    assert psnr(answer[mask], rgb[mask]) > 40
    fine = np.diff(answer, axis=1)[32:58, 42:76].std() / np.diff(rgb, axis=1)[32:58, 42:76].std()
    assert 0.4 < fine < 1.3


def test_what_was_selected_leaves_no_trace() -> None:
    mask = box(96, 120, 30, 40, 60, 80)
    with_object = stripes()
    with_object[mask] = (1.0, 0.0, 1.0)
    assert np.array_equal(
        erased(with_object, mask), erased(stripes() * ~mask[..., None] + with_object * mask[..., None], mask)
    )
    assert np.array_equal(erased(with_object, mask)[mask], erased(stripes(), mask)[mask])


@pytest.mark.parametrize("place", [(0, 0, 20, 20), (76, 100, 96, 120), (0, 50, 96, 60), (40, 0, 50, 120)])
def test_holes_may_touch_the_border_or_cut_the_picture_in_two(place: tuple[int, int, int, int]) -> None:
    rgb, mask = stripes(), box(96, 120, *place)
    assert psnr(erased(rgb, mask)[mask], rgb[mask]) > 12


def test_several_holes_are_all_painted() -> None:
    rgb = stripes()
    mask = box(96, 120, 5, 5, 12, 12) | box(96, 120, 70, 90, 84, 110) | box(96, 120, 50, 10, 51, 100)
    rgb[mask] = 5.0
    answer = erased(rgb, mask)
    assert answer[mask].max() <= 1.0
    assert np.array_equal(answer[~mask], rgb[~mask])


@pytest.mark.parametrize("size", [(1, 2), (2, 1), (3, 3), (5, 40), (17, 9)])
def test_tiny_pictures_are_painted_with_what_there_is(size: tuple[int, int]) -> None:
    rgb = np.full((*size, 3), 0.25, np.float32)
    mask = np.zeros(size, bool)
    mask[0, 0] = True
    rgb[0, 0] = 1.0
    assert np.allclose(erased(rgb, mask), 0.25, atol=1e-4)


def test_a_single_pixel_is_taken_from_its_surroundings() -> None:
    rgb, mask = sky(), box(96, 120, 40, 40, 41, 41)
    truth = rgb[40, 40].copy()
    rgb[40, 40] = 0
    assert np.allclose(erased(rgb, mask)[40, 40], truth, atol=0.03)


@pytest.mark.parametrize("size", [(1, 1), (60, 60)])
def test_a_selection_of_everything_is_an_error_that_says_what_to_do(size: tuple[int, int]) -> None:
    with pytest.raises(OverpaintError) as raised:
        run(np.zeros((*size, 3), np.float32), np.ones(size))
    assert raised.value.code is Code.BAD_REQUEST
    assert raised.value.hint


def test_an_empty_selection_is_an_error() -> None:
    with pytest.raises(OverpaintError) as raised:
        run(stripes(), np.zeros((96, 120)))
    assert raised.value.code is Code.EMPTY_SELECTION


def test_a_faint_selection_still_erases() -> None:
    rgb, mask = stripes(), box(96, 120, 30, 40, 44, 60)
    assert np.array_equal(erased(rgb, mask * 0.2)[mask], erased(rgb, mask)[mask])


def test_colours_under_full_transparency_are_never_copied() -> None:
    rgb, mask = stripes(), box(96, 120, 30, 20, 50, 50)
    alpha = np.ones((96, 120), np.float32)
    alpha[:, 60:] = 0
    rgb[:, 60:] = (9.0, -9.0, 9.0)
    answer = erased(rgb, mask, alpha=alpha)
    assert np.abs(answer[mask]).max() <= 1.0
    rgb[:, 60:] = 0.5
    assert np.array_equal(erased(rgb, mask, alpha=alpha)[mask], answer[mask])


def test_a_hole_beside_nothing_but_transparency_is_painted_from_afar() -> None:
    rgb, mask = np.full((200, 200, 3), 0.5, np.float32), box(200, 200, 2, 2, 6, 6)
    alpha = mask.astype(np.float32)
    alpha[190:, 190:] = 1
    rgb[190:, 190:] = 0.75
    assert np.allclose(erased(rgb, mask, alpha=alpha)[mask], 0.75, atol=0.01)


def test_values_beyond_white_and_steps_finer_than_eight_bits_survive() -> None:
    height, width = 80, 80
    ramp = np.linspace(1.5, 1.5 + 40 / 65535, width, dtype=np.float32)
    rgb = np.broadcast_to(ramp[None, :, None], (height, width, 3)).copy()
    mask = box(height, width, 30, 30, 50, 50)
    assert np.abs(erased(rgb, mask) - rgb).max() < 8 / 65535


def test_the_same_seed_gives_the_same_answer_and_variations_differ() -> None:
    rgb = np.random.default_rng(0).random((80, 80, 3), np.float32)
    mask = box(80, 80, 30, 30, 50, 50)
    answer = run(rgb, mask, variations=2, seed=7)
    assert np.array_equal(answer.result.images[0], erased(rgb, mask, seed=7))
    assert np.array_equal(answer.result.images[1], erased(rgb, mask, seed=8))
    assert not np.array_equal(answer.result.images[0], answer.result.images[1])


def test_the_seed_that_was_drawn_is_in_the_recipe() -> None:
    answer = run(stripes(), box(96, 120, 30, 40, 40, 50), seed=None)
    assert answer.recipe.seed is not None


def test_progress_rises_to_its_end_with_previews_of_a_modest_size() -> None:
    steps: list[Step] = []
    run(np.tile(stripes(), (4, 4, 1)), box(384, 480, 100, 100, 160, 180), report=steps.append)
    done = [step.step for step in steps]
    assert done == sorted(done)
    assert steps[-1].step == steps[-1].of
    previews = [step.preview for step in steps if step.preview is not None]
    assert len(previews) > 5
    assert max(previews[0].shape[:2]) <= 256


def test_raising_cancelled_ends_it_there_and_then() -> None:
    after = 0
    cancelled = False

    def report(step: Step) -> None:
        nonlocal after, cancelled
        after += cancelled
        if step.step >= 2:
            cancelled = True
            raise CancelledEdit

    with pytest.raises(CancelledEdit):
        run(stripes(), box(96, 120, 30, 40, 60, 80), report=report)
    assert cancelled
    assert after == 0


def test_a_hole_with_narrow_surroundings_is_filled_with_what_they_have() -> None:
    picture = stripes(200, 200)
    mask = np.zeros(picture.shape[:2], np.float32)
    mask[50:-50, 50:-50] = 1
    answer = erased(picture, mask)
    assert np.isfinite(answer).all()
    assert np.array_equal(answer[mask == 0], picture[mask == 0])


def test_joints_of_a_wall_go_on_through_a_hole_wider_than_a_brick() -> None:
    y, x = np.indices((240, 240))
    course = y // 16
    joint = (y % 16 < 2) | ((x + course % 2 * 20) % 40 < 2)
    grain = np.random.default_rng(2).normal(0, 0.03, (240, 240, 1))
    wall = np.repeat(np.where(joint[..., None], 0.8, 0.4) + grain, 3, 2).astype(np.float32)
    mask = box(240, 240, 90, 85, 150, 155)
    assert psnr(erased(wall, mask)[mask], wall[mask]) > 20
