"""Does the grain go on, and do lines go through straight?"""

from __future__ import annotations

import math

import cv2
import numpy as np

from server.pixels.masks import distance_to
from server.pixels.picture import F32

from .patterns import Line
from .places import Bits

_BANDS = ((0.0, 1.0), (1.0, 2.5))
"""Of detail: between blurs of so many pixels."""

_RING = 32
_LOST = 6.0
"""Pixels from where a line should be, at which it is taken to be lost."""


def ratios(truth: F32, answer: F32, hole: Bits) -> tuple[float, ...]:
    """The strength of detail inside the hole against the ring around it, in a fine and a coarser band, each as a share
    of what the truth has there: 1 is as rough as it was."""
    ring = ~hole & (distance_to(hole) <= _RING) & (distance_to(hole) > 3)
    inside = hole & (distance_to(~hole) > (3 if distance_to(~hole).max() > 6 else 0))
    return tuple(_against(truth, answer, inside, ring, band) for band in _BANDS)


def kept(found: tuple[float, ...]) -> bool:
    """Whether it looks as rough as its surroundings."""
    return all(0.8 <= ratio <= 1.25 for ratio in found)


def _against(truth: F32, answer: F32, inside: Bits, ring: Bits, band: tuple[float, float]) -> float:
    was, now = (_deviation(_detail(each, band), inside, ring) for each in (truth, answer))
    return now / max(was, 1e-6)


def _deviation(detail: F32, inside: Bits, ring: Bits) -> float:
    """Of half of the places inside the detail is stronger, and of half of those in the ring: so one edge that crosses
    either does not count for all. Half a level is added to both: what no eye tells apart is alike."""
    faint = (0.5 / 255) ** 2
    within, around = (_local(detail, where) + faint for where in (inside, ring))
    return math.sqrt(float(np.median(within[inside]) / np.median(around[ring])))


def _local(detail: F32, where: Bits) -> F32:
    """The mean square of the detail near each pixel, of those ``where``."""
    weight = where.astype(np.float32)
    total = cv2.GaussianBlur(detail**2 * weight, (0, 0), 4)
    return np.asarray(total / np.maximum(cv2.GaussianBlur(weight, (0, 0), 4), 1e-4), np.float32)


def _detail(image: F32, band: tuple[float, float]) -> F32:
    gray = image.mean(2)
    fine = gray if band[0] == 0 else cv2.GaussianBlur(gray, (0, 0), band[0])
    return np.asarray(fine - cv2.GaussianBlur(gray, (0, 0), band[1]), np.float32)


def straightness(truth: F32, answer: F32, hole: Bits, lines: tuple[Line, ...]) -> float:
    """How far edges that cross the hole lie beside where they should, in pixels: the mean over their way in it."""
    away = [value for line in lines for value in _away(truth.mean(2), answer.mean(2), hole, line)]
    return float(np.mean(away)) if away else 0.0


def _away(truth: F32, answer: F32, hole: Bits, line: Line) -> list[float]:
    start, end = np.array(line.start), np.array(line.end)
    along = (end - start) / np.linalg.norm(end - start)
    normal = np.array([-along[1], along[0]])
    found = []
    for step in range(int(np.linalg.norm(end - start))):
        at = start + step * along
        if not hole[round(at[1]), round(at[0])]:
            continue
        before, after = (_profile(image, at, normal, along) for image in (truth, answer))
        found.append(_shift(before, after))
    return found


def _profile(image: F32, at: np.ndarray, normal: np.ndarray, along: np.ndarray) -> F32:
    """Across the line, the mean over three pixels along it."""
    reach = np.arange(-2 * _LOST, 2 * _LOST + 0.5, 0.5)
    points = at[None, None] + reach[:, None, None] * normal + np.array([-1, 0, 1])[None, :, None] * along
    values = cv2.remap(image, points.astype(np.float32), None, cv2.INTER_LINEAR)  # type: ignore[call-overload]
    return np.asarray(values.mean(1), np.float32)


def _shift(before: F32, after: F32) -> float:
    """By how many pixels the edge in the middle of ``before`` has moved in ``after``."""
    middle, reach, wide = len(before) // 2, round(2 * _LOST / 2), 6
    want = np.gradient(before)[middle - wide : middle + wide + 1]
    have = np.gradient(after)
    best, at = 0.0, None
    for move in range(-reach + 1, reach):
        part = have[middle - wide + move : middle + wide + 1 + move]
        if len(part) != len(want):
            continue
        length = float(np.sqrt((want**2).sum() * (part**2).sum()))
        like = float((want * part).sum()) / length if length > 1e-6 else 0.0
        if like > best + 1e-6:
            best, at = like, move
    return _LOST if at is None or best < 0.5 else min(_LOST, abs(at) / 2)
