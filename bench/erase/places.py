"""Where bench.erase cuts its holes: fixed before the eraser was tuned, from seeds alone.

``TUNED`` places were looked at while the eraser was being built; ``HELD_OUT`` ones never were.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.bool_]

TUNED = 1
HELD_OUT = 2


@dataclass(frozen=True, eq=False)
class Hole:
    """One place to erase: ``mask`` bool (H, W), True = unknown."""

    shape: str
    mask: Bits


def holes(name: str, height: int, width: int, places: int) -> tuple[Hole, ...]:
    """One hole of every shape in a picture of that size; the same ones for the same name and ``places``."""
    rng = np.random.default_rng([places, zlib.crc32(name.encode())])
    return tuple(Hole(shape, draw(rng, height, width)) for shape, draw in _SHAPES.items())


def _place(rng: np.random.Generator, height: int, width: int, margin: float) -> tuple[int, int]:
    return (
        int(rng.integers(int(margin), max(int(margin) + 1, int(width - margin)))),
        int(rng.integers(int(margin), max(int(margin) + 1, int(height - margin)))),
    )


def _disk(rng: np.random.Generator, height: int, width: int) -> Bits:
    radius = int(0.05 * min(height, width))
    canvas = np.zeros((height, width), np.uint8)
    cv2.circle(canvas, _place(rng, height, width, radius + 12), radius, 1, -1)
    return canvas > 0


def _box(rng: np.random.Generator, height: int, width: int) -> Bits:
    half_w, half_h = (int(min(height, width) * share) for share in (0.08, 0.05))
    x, y = _place(rng, height, width, half_w + 12)
    canvas = np.zeros((height, width), bool)
    canvas[y - half_h : y + half_h, x - half_w : x + half_w] = True
    return canvas


def _blob(rng: np.random.Generator, height: int, width: int) -> Bits:
    """A rough outline, as drawn by hand around something."""
    radius = 0.08 * min(height, width)
    x, y = _place(rng, height, width, radius * 1.5 + 12)
    angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    wobble = sum(rng.uniform(-0.18, 0.18) * np.cos(k * angle + rng.uniform(0, 6.3)) for k in range(1, 5))
    outline = np.stack([x + radius * (1 + wobble) * np.cos(angle), y + radius * (1 + wobble) * np.sin(angle)], 1)
    canvas = np.zeros((height, width), np.uint8)
    cv2.fillPoly(canvas, [outline.round().astype(np.int32)], 1)
    return canvas > 0


def _line(rng: np.random.Generator, height: int, width: int, thickness: int) -> Bits:
    x, y = _place(rng, height, width, min(height, width) * 0.2)
    angle, bend = rng.uniform(0, np.pi), rng.uniform(-0.5, 0.5)
    reach = min(height, width) * 0.25
    along = np.linspace(-reach, reach, 40)
    across = bend * along**2 / reach
    points = np.stack(
        [x + along * np.cos(angle) - across * np.sin(angle), y + along * np.sin(angle) + across * np.cos(angle)], 1
    )
    canvas = np.zeros((height, width), np.uint8)
    cv2.polylines(canvas, [points.round().astype(np.int32)], False, 1, thickness)
    return canvas > 0


def _stroke(rng: np.random.Generator, height: int, width: int) -> Bits:
    return _line(rng, height, width, 13)


def _wire(rng: np.random.Generator, height: int, width: int) -> Bits:
    return _line(rng, height, width, 3)


def _specks(rng: np.random.Generator, height: int, width: int) -> Bits:
    canvas = np.zeros((height, width), np.uint8)
    for _ in range(12):
        cv2.circle(canvas, _place(rng, height, width, 8), int(rng.integers(1, 5)), 1, -1)
    return canvas > 0


def _border(rng: np.random.Generator, height: int, width: int) -> Bits:
    """A box that runs out of the picture at the bottom or the right edge."""
    side = int(0.12 * min(height, width))
    canvas = np.zeros((height, width), bool)
    if rng.integers(2):
        x = int(rng.integers(0, width - side))
        canvas[height - side :, x : x + side] = True
    else:
        y = int(rng.integers(0, height - side))
        canvas[y : y + side, width - side :] = True
    return canvas


_SHAPES = {
    "disk": _disk,
    "box": _box,
    "blob": _blob,
    "stroke": _stroke,
    "wire": _wire,
    "specks": _specks,
    "border": _border,
}
