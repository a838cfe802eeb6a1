"""The figures say what they claim to say."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from bench import edges
from server.pixels import metrics


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return edges.photograph("chelsea")


@pytest.fixture(scope="module")
def disc(photo) -> np.ndarray:
    y, x = np.indices(photo.shape[:2])
    return np.hypot(y - 150, x - 220) < 80


def shifted(photo: np.ndarray, disc: np.ndarray, levels: float) -> np.ndarray:
    return np.where(disc[..., None], photo + np.float32(levels / 255), photo)


@pytest.mark.parametrize("width", [1, 5])
def test_a_shift_of_four_levels_is_a_step_of_four(photo, disc, width):
    assert metrics.edge_step(photo, shifted(photo, disc, 4), disc, width) == pytest.approx(4, abs=1e-3)


def test_the_pictures_own_edges_are_no_step(photo, disc):
    assert metrics.edge_step(photo, photo, disc, 5) == 0


def test_steps_of_opposite_sign_around_the_edge_do_not_cancel(photo, disc):
    sides = np.sign(np.indices(disc.shape)[1] - 220)[..., None] * np.float32(4 / 255)
    result = np.where(disc[..., None], photo + sides.astype(np.float32), photo)
    assert metrics.edge_step(photo, result, disc, 5) > 3.5


def test_a_change_outside_is_found_wherever_it_is(photo, disc):
    result = photo.copy()
    result[0, 0, 2] += 7 / 255
    assert metrics.max_change_outside(photo, result, disc) == pytest.approx(7, abs=1e-3)
    result[150, 220] = 0
    assert metrics.max_change_outside(photo, shifted(photo, disc, 50), disc) == 0


def test_blurring_the_inside_lowers_noise_and_sharpness(photo, disc):
    blurred = np.where(disc[..., None], cv2.GaussianBlur(photo, (0, 0), 2), photo)
    assert metrics.noise_ratio(photo, photo, disc) == pytest.approx(1)
    assert metrics.sharpness_ratio(photo, photo, disc) == pytest.approx(1)
    assert metrics.noise_ratio(photo, blurred, disc) < 0.4
    assert metrics.sharpness_ratio(photo, blurred, disc) < 0.8


def test_noise_inside_raises_the_noise_ratio(photo, disc):
    noisy = photo + np.random.default_rng(0).normal(0, 16 / 255, photo.shape).astype(np.float32) * disc[..., None]
    assert metrics.noise_ratio(photo, noisy.astype(np.float32), disc) > 1.3


def test_psnr_counts_only_the_inside(photo, disc):
    assert metrics.psnr_inside(photo, shifted(photo, disc, 25.5), disc) == pytest.approx(20, abs=1e-3)
    assert metrics.psnr_inside(photo, shifted(photo, ~disc, 25.5), disc) == math.inf


def test_a_mask_of_everything_or_nothing_has_no_edge(photo):
    everything = np.ones(photo.shape[:2], bool)
    for mask in (everything, ~everything):
        assert metrics.edge_step(photo, photo + 1, mask, 5) == 0
        assert metrics.noise_ratio(photo, photo, mask) == 0
    assert metrics.max_change_outside(photo, photo + 1, everything) == 0
    assert metrics.psnr_inside(photo, photo, ~everything) == math.inf
