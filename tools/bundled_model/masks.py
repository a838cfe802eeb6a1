"""What a person might select: a box or ellipse round a thing, a blob, part of a figure, or everything."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Box = tuple[int, int, int, int]


def around(size: int, box: Box, rng: np.random.Generator) -> Mask:
    """A generous box (white = repaint, 255) or ellipse over `box` = (left, top, right, bottom)."""
    margin = rng.uniform(0.02, 0.12, 4) * size
    left, top = round(box[0] - margin[0]), round(box[1] - margin[1])
    right, bottom = round(box[2] + margin[2]), round(box[3] + margin[3])
    mask = np.zeros((size, size), np.uint8)
    if rng.random() < 0.6:
        cv2.rectangle(mask, (left, top), (right, bottom), 255, -1)
    else:
        centre = ((left + right) // 2, (top + bottom) // 2)
        axes = (max(1, round((right - left) * 0.6)), max(1, round((bottom - top) * 0.6)))
        cv2.ellipse(mask, centre, axes, 0, 0, 360, 255, -1)
    return mask


def grown(shape: Mask, rng: np.random.Generator) -> Mask:
    """A thing's own outline, grown by 3 to 9 per cent of the picture."""
    width = 2 * max(1, round(rng.uniform(0.03, 0.09) * shape.shape[0])) + 1
    grown_shape = cv2.dilate(shape, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
    return ((grown_shape > 60) * 255).astype(np.uint8)


def part(size: int, box: Box, rng: np.random.Generator) -> Mask:
    """One side of a figure: its head, its lower half, its left or right, with some room round it."""
    left, top, right, bottom = box
    cut = rng.uniform(0.35, 0.6)
    across, down = left + round((right - left) * cut), top + round((bottom - top) * cut)
    sides: list[Box] = [
        (left, top, right, down),
        (left, top, right, down),
        (left, down, right, bottom),
        (left, top, across, bottom),
        (across, top, right, bottom),
    ]
    return around(size, sides[int(rng.integers(len(sides)))], rng)


def blob(size: int, rng: np.random.Generator) -> Mask:
    """A few overlapping brush dabs anywhere."""
    mask = np.zeros((size, size), np.uint8)
    x, y = rng.uniform(0.15, 0.85, 2) * size
    for _ in range(int(rng.integers(2, 7))):
        cv2.circle(mask, (round(x), round(y)), round(rng.uniform(0.08, 0.22) * size), 255, -1)
        x, y = np.clip(np.array([x, y]) + rng.normal(0, 0.15, 2) * size, 0, size)
    return mask
