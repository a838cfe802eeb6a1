"""Marks on a picture, found by themselves: wires, letters and watermarks, scratches, dust.

All of them are narrower than what they lie on and unlike it, so a median over a window that is wide enough takes them
away (a rank filter's top-hat; J. Serra, "Image Analysis and Mathematical Morphology", 1982). What differs from that
median by far more than the picture around itself does is a mark. A line too faint to tell pixel by pixel is told by its
length: the difference is averaged along lines of every direction first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np

from server.pixels.picture import F32, Picture

from .levels import Bits
from .membrane import membrane

_WINDOWS = (5, 11, 21)
"""Sides, in pixels, of the medians: each takes away what is narrower than half of it."""

_LENGTH, _DIRECTIONS = 25, 16
"""Of the lines along which faint ones are looked for: pixels, and how many of half a turn."""

_AROUND = 8
"""What is usual is measured in a window that many times as wide as the median's."""

_FAINTEST = 2.5 / 255
"""A difference of what is usual that is taken to be there at least: steps of 8 bits are no marks."""

_SURE, _LIKELY = 8.0, 3.0
"""Times the usual difference: what is a mark, and what belongs to one that it touches, where nothing is known of how
much else the picture stands out from itself."""

_MUCH_OF = 0.35
"""Share of what is sure that is likely."""

_STRAY = 1.1
"""How much more a mark stands out than all but ``_RARE`` of what is outside the selection does."""

_RARE = 0.005
_ENOUGH = 2000
"""Pixels outside the selection that tell what is usual in this picture."""

_RIM = 2
"""Pixels around a mark that its soft edge reaches into."""


def marks(picture: Picture, selected: Bits, faint: float = 0.5) -> Bits:
    """bool (H, W): the marks inside ``selected``, with their soft edges. faint: 0..1, how faint they may be."""
    shown = picture.alpha > 0
    if not (selected & shown).any():
        return np.zeros_like(selected)
    rgb = membrane(picture.rgb, shown) if not shown.all() else picture.rgb
    usable = cv2.erode(shown.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    found = np.zeros_like(selected)
    for standing_out in _standing_out(rgb):
        found |= _joined(standing_out, usable & selected, usable & ~_near(selected, _RIM), 2 ** (1 - 2 * faint))
    return _near(found, _RIM) & selected & shown


def _standing_out(rgb: F32) -> Iterator[F32]:
    """For every width of a mark, and by pixels and along lines: how far each pixel differs from what it lies on, in
    units of what is usual around it."""
    levels = (rgb.clip(0, 1) * 255).round().astype(np.uint8)
    for window in _WINDOWS:
        if window > min(rgb.shape[:2]):
            return
        below = np.stack([cv2.medianBlur(levels[..., c], window) for c in range(3)], 2).astype(np.float32) / 255
        differs = np.asarray(rgb.clip(0, 1) - below, np.float32)
        yield _crests(_unusual(np.abs(differs).max(2), window), 0.3, 9)
        yield _crests(_crests(_unusual(_along_lines(differs), window), 0.6, 9), 0.4, _LENGTH + 2)


def _crests(amount: F32, share: float, side: int) -> F32:
    """Only what is that share of the most in a window: what is beside a mark still differs from its own surroundings,
    for they hold the mark, and a mean along a line feels what the line crosses."""
    return np.where(amount >= share * cv2.dilate(amount, np.ones((side, side), np.uint8)), amount, np.float32(0))


def _unusual(amount: F32, window: int) -> F32:
    """``amount`` (H, W), as a multiple of its median in the neighbourhood."""
    return np.asarray(amount / np.maximum(_usual(amount, window), _FAINTEST / 2.5), np.float32)


def _usual(amount: F32, window: int) -> F32:
    """Of a picture shrunk so far that the neighbourhood is a small window."""
    height, width = amount.shape
    shrink = max(1, window * _AROUND // 41)
    size = max(1, width // shrink), max(1, height // shrink)
    small = cv2.resize(amount, size, interpolation=cv2.INTER_NEAREST)
    side = min(41, (min(small.shape) - 1) | 1)
    levels = (small.clip(0, 0.25) * 1020).round().astype(np.uint8)
    median = cv2.medianBlur(levels, side) if side > 1 else levels
    return np.asarray(cv2.resize(median.astype(np.float32) / 1020, (width, height)), np.float32)


def _along_lines(differs: F32) -> F32:
    """float32 (H, W): the largest mean difference along any line through a pixel, of any channel."""
    most = np.zeros(differs.shape[:2], np.float32)
    for kernel in _lines():
        mean = np.abs(cv2.filter2D(differs, -1, kernel, borderType=cv2.BORDER_REFLECT)).max(2)
        np.maximum(most, mean, out=most)
    return most


def _lines() -> Iterator[F32]:
    middle = _LENGTH // 2
    for number in range(_DIRECTIONS):
        angle = math.pi * number / _DIRECTIONS
        along = np.array([math.cos(angle), math.sin(angle)]) * middle
        kernel = np.zeros((_LENGTH, _LENGTH), np.uint8)
        ends = [tuple(round(float(middle + sign * step)) for step in along) for sign in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 255, 1, cv2.LINE_AA)
        yield kernel.astype(np.float32) / np.float32(kernel.sum())


def _joined(standing_out: F32, inside: Bits, outside: Bits, strict: float) -> Bits:
    """What is a mark for sure, with all that is likely and touches it (hysteresis; Canny 1986)."""
    around = standing_out[outside]
    stray = float(np.quantile(around, 1 - _RARE)) * _STRAY if around.size >= _ENOUGH else 0.0
    sure = max(_SURE, stray) * strict
    likely = standing_out > max(_LIKELY, sure * _MUCH_OF)
    _, label = cv2.connectedComponents((likely & inside).astype(np.uint8), connectivity=8)
    held = np.zeros(int(label.max()) + 1, bool)
    held[label[inside & (standing_out > sure)]] = True
    held[0] = False
    joined: Bits = held[label]
    return joined


def _near(region: Bits, pixels: int) -> Bits:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1,) * 2)
    return cv2.dilate(region.astype(np.uint8), disc) > 0
