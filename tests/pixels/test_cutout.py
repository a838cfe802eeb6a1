"""What was painted on paper comes off it: opaque where it is painted, with soft edges, and back on paper as it was."""

from __future__ import annotations

import numpy as np
import pytest

from server.pixels.cutout import share_cut, without_paper
from server.pixels.picture import F32, Picture, on_paper


def disc(radius: float, side: int = 200, soft: float = 1.0) -> F32:
    y, x = np.indices((side, side)) - side / 2
    return np.clip((radius - np.hypot(x, y)) / soft + 0.5, 0, 1).astype(np.float32)


def painted(alpha: F32, colour: tuple[float, float, float]) -> F32:
    return on_paper(Picture(np.broadcast_to(np.float32(colour), (*alpha.shape, 3)).copy(), alpha))


@pytest.mark.parametrize("colour", [(0.8, 0.1, 0.1), (0.0, 0.0, 0.0), (0.1, 0.5, 0.9), (0.95, 0.9, 0.4)])
@pytest.mark.parametrize("soft", [1.0, 3.0])
def test_a_shape_has_its_own_outline_and_colour_back(colour: tuple[float, float, float], soft: float) -> None:
    alpha = disc(60, soft=soft)
    found = without_paper(painted(alpha, colour))
    assert np.abs(found.alpha - alpha).mean() < 0.003
    assert np.abs(found.alpha - alpha).max() < 0.12
    np.testing.assert_allclose(found.rgb[alpha > 0.5], np.broadcast_to(colour, found.rgb[alpha > 0.5].shape), atol=0.06)


def test_on_paper_again_it_is_what_was_painted() -> None:
    image = painted(disc(60, soft=3), (0.2, 0.4, 0.7))
    image[90:110, 90:110] = np.random.default_rng(1).random((20, 20, 3))
    assert np.abs(on_paper(without_paper(image)) - image).max() < 0.06


def test_white_within_what_is_painted_stays() -> None:
    image = painted(disc(60), (0.1, 0.1, 0.1))
    image[80:120, 80:120] = 1
    assert (without_paper(image).alpha[75:125, 75:125] == 1).all()


def test_a_thin_line_stays_as_dark_as_it_was() -> None:
    image = np.ones((200, 200, 3), np.float32)
    image[100, 20:180] = 0.1
    found = without_paper(image)
    assert found.alpha[100, 30:170].min() > 0.99
    np.testing.assert_allclose(found.rgb[100, 30:170], 0.1, atol=0.01)
    assert not found.alpha[:97].any() and not found.alpha[104:].any()


def test_a_picture_with_no_paper_stays_whole_and_paper_alone_is_empty() -> None:
    picture = np.random.default_rng(3).uniform(0, 0.8, (64, 48, 3)).astype(np.float32)
    assert (without_paper(picture).alpha == 1).all()
    assert share_cut(without_paper(picture), picture[..., 0] >= 0) == 0
    blank = without_paper(np.ones((64, 48, 3), np.float32))
    assert not blank.alpha.any() and share_cut(blank, blank.alpha >= 0) == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 70), (70, 1), (3, 2)])
def test_no_size_is_too_small(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(4).random((*shape, 3)).astype(np.float32)
    found = without_paper(image)
    assert found.alpha.shape == shape
    assert np.isfinite(found.rgb).all()


def test_paper_that_is_not_quite_even_is_still_paper() -> None:
    noise = np.random.default_rng(5).uniform(-0.02, 0, (200, 200, 3)).astype(np.float32)
    found = without_paper(np.clip(painted(disc(60), (0.7, 0.2, 0.1)) + noise, 0, 1))
    assert found.alpha[:30].max() < 0.01
    assert (found.alpha[90:110, 90:110] == 1).all()
