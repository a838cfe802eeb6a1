"""Patterns go through a hole in step, straight; what repeats nothing is left to patches."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from bench.erase.patterns import PATTERNS, Pattern
from bench.erase.textured import straightness
from server.methods.erasing.repeats import repeated
from tests.methods.test_erase import erased, psnr

NAMED = {pattern.name: pattern for pattern in PATTERNS}
AT_LEAST = {"bricks": 30, "screen": 28, "even screen": 35, "pinstripes": 28, "checks": 30, "cloth": 28, "rails": 27}


@pytest.mark.parametrize("name", AT_LEAST)
def test_a_pattern_goes_on_in_step(name: str) -> None:
    truth, hole, _ = NAMED[name].drawn()
    assert psnr(erased(np.where(hole[..., None], 0.5, truth), hole)[hole], truth[hole]) > AT_LEAST[name]


@pytest.mark.parametrize("pattern", [each for each in PATTERNS if each.lines], ids=lambda each: each.name)
def test_lines_go_through_straight(pattern: Pattern) -> None:
    truth, hole, lines = pattern.drawn()
    assert straightness(truth, erased(np.where(hole[..., None], 0.5, truth), hole), hole, lines) < 1


def test_what_repeats_nothing_has_no_steps() -> None:
    noise = np.random.default_rng(1).normal(0.5, 0.15, (300, 300, 3))
    texture = cv2.GaussianBlur(noise, (0, 0), 3).astype(np.float32)
    hole = np.zeros((300, 300), bool)
    hole[120:180, 110:190] = True
    assert repeated(texture, hole, ~hole) is None


@pytest.mark.parametrize("size", [(1, 1), (4, 9), (40, 300)])
def test_small_pictures_have_none(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).uniform(0, 1, (*size, 3)).astype(np.float32)
    hole = np.zeros(size, bool)
    hole[0, 0] = True
    assert repeated(picture, hole, ~hole) is None or size == (40, 300)
