"""Grain: what is added where something was painted, and where nothing is."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from server.pixels.grain import regrained
from server.pixels.picture import F32

SIDE = 200
HOLE = np.zeros((SIDE, SIDE), bool)
HOLE[70:130, 60:140] = True


def slope() -> F32:
    y, x = np.indices((SIDE, SIDE)) / SIDE
    return np.stack([0.3 + 0.2 * x, 0.4 + 0.1 * y, 0.5 + 0 * x], 2).astype(np.float32)


def grained(blur: float, amount: float = 0.03) -> F32:
    noise = np.random.default_rng(1).normal(0, 1, (SIDE, SIDE, 3)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), blur) if blur else noise
    return slope() + noise / noise.std() * np.float32(amount)


def painted_over(picture: F32, softened: float = 0.0) -> F32:
    """What a painter makes of the hole: a smooth surface, or a soft copy of what was there."""
    inside = slope() if not softened else cv2.GaussianBlur(picture, (0, 0), softened)
    return np.where(HOLE[..., None], inside, picture).astype(np.float32)


def bands(picture: F32, where: np.ndarray) -> list[float]:
    detail = picture - slope()
    blurred = [detail, *(cv2.GaussianBlur(detail, (0, 0), sigma) for sigma in (1.0, 2.5))]
    return [float((a - b)[where].std()) for a, b in pairwise(blurred)]


def inner() -> np.ndarray:
    return cv2.erode(HOLE.astype(np.uint8), np.ones((13, 13), np.uint8)) > 0


@pytest.mark.parametrize("blur", [0.0, 0.7, 1.2])
@pytest.mark.parametrize("softened", [0.0, 1.0])
def test_grain_goes_on_with_its_strength_and_its_spectrum(blur: float, softened: float) -> None:
    picture = grained(blur)
    answer = regrained(painted_over(picture, softened), HOLE, ~HOLE, np.random.default_rng(2))
    for now, was in zip(bands(answer, inner()), bands(picture, inner()), strict=True):
        assert 0.8 < now / was < 1.25


def test_nothing_outside_changes() -> None:
    picture = painted_over(grained(0.7))
    answer = regrained(picture, HOLE, ~HOLE, np.random.default_rng(2))
    np.testing.assert_array_equal(answer[~HOLE], picture[~HOLE])


def test_grain_that_is_there_already_gets_no_more() -> None:
    picture = grained(0.7)
    answer = regrained(picture, HOLE, ~HOLE, np.random.default_rng(2))
    assert bands(answer, inner())[0] < 1.15 * bands(picture, inner())[0]


def test_a_gradient_of_sixteen_bits_stays_clean() -> None:
    picture = ((slope() * 65535).round() / 65535).astype(np.float32)
    answer = regrained(picture, HOLE, ~HOLE, np.random.default_rng(2))
    np.testing.assert_array_equal(answer, picture)


def test_its_mean_stays_where_it_was() -> None:
    picture = painted_over(grained(0.7))
    answer = regrained(picture, HOLE, ~HOLE, np.random.default_rng(2))
    assert abs(float((answer - picture)[HOLE].mean())) < 0.002


def test_a_share_of_it_may_be_wanted() -> None:
    picture = painted_over(grained(0.0))
    full, half, none = (
        bands(regrained(picture, HOLE, ~HOLE, np.random.default_rng(2), share), inner())[0] for share in (1, 0.5, 0)
    )
    assert none < half < full
    assert half == pytest.approx(full / 2, rel=0.2)


@pytest.mark.parametrize("size", [(1, 1), (5, 5), (12, 40)])
def test_small_pictures_say_nothing_of_grain(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).uniform(0, 1, (*size, 3)).astype(np.float32)
    hole = np.zeros(size, bool)
    hole[0, 0] = True
    assert np.isfinite(regrained(picture, hole, ~hole, np.random.default_rng(2))).all()


def test_nothing_known_around_is_no_error() -> None:
    picture, everything = grained(0.7), np.ones((SIDE, SIDE), bool)
    np.testing.assert_array_equal(regrained(picture, everything, ~everything, np.random.default_rng(2)), picture)
