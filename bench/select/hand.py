"""What a person would draw or click who means a thing: from the truth and a seed alone."""

from __future__ import annotations

import cv2
import numpy as np

from server.pixels.masks import Region, bounds, depth_in
from server.pixels.picture import F32

Place = tuple[int, int]


def scribble(truth: Region, seed: int) -> Region:
    """One stroke through the thing's larger parts, as thick as a twenty-fifth of its size."""
    rng = np.random.default_rng(seed)
    depth = depth_in(np.pad(truth, 1))[1:-1, 1:-1]
    roomy = np.argwhere(depth >= 0.4 * depth.max())
    stops = [_deepest(depth)]
    for _ in range(3):
        away = np.min([np.hypot(roomy[:, 1] - x, roomy[:, 0] - y) for x, y in stops], axis=0)
        y, x = roomy[int(away.argmax())]
        stops.append((int(x), int(y)))
    canvas = np.zeros(truth.shape, np.uint8)
    thick = max(3, int(_size(truth) / 25))
    order = stops[:1] + sorted(stops[1:], key=lambda place: place[0])
    jitter = rng.integers(-1, 2, (len(order), 2))
    line = (np.array(order) + jitter).astype(np.int32)
    cv2.polylines(canvas, [line], False, 1, thick)
    return (canvas > 0) & (depth > 1.5)


def lasso(truth: Region, seed: int) -> Region:
    """Around the thing, a few hundredths of its size off, wobbling, here and there cutting a little into it."""
    rng = np.random.default_rng(seed)
    size = _size(truth)
    grown = _disc_grown(truth, int(size * 0.07)).astype(np.uint8)
    closed = cv2.morphologyEx(grown, cv2.MORPH_CLOSE, _disc(int(size * 0.1)))
    outline = max(cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], key=len)[:, 0]
    around = outline[:: max(1, len(outline) // 40)].astype(np.float64)
    wobble = rng.normal(0, size * 0.025, around.shape)
    canvas = np.zeros(truth.shape, np.uint8)
    cv2.fillPoly(canvas, [(around + wobble).round().astype(np.int32)], 1)
    return canvas > 0


def box(truth: Region, seed: int) -> Region:
    """A few hundredths of its size larger than the thing, on each side."""
    rng = np.random.default_rng(seed)
    around, size = bounds(truth), _size(truth)
    left, top, right, bottom = (int(size * share) for share in rng.uniform(0.02, 0.1, 4))
    drawn = np.zeros(truth.shape, bool)
    drawn[max(0, around.y - top) : around.bottom + bottom, max(0, around.x - left) : around.right + right] = True
    return drawn


GESTURES = {"scribble": scribble, "lasso": lasso, "box": box}


def next_click(found: Region | None, truth: Region) -> tuple[Place, bool]:
    """In the middle of the largest part that is wrong; whether it is wanted."""
    wrong = truth if found is None else found ^ truth
    depth = depth_in(np.pad(wrong, 1))[1:-1, 1:-1]
    x, y = _deepest(depth)
    return (x, y), bool(truth[y, x])


def _deepest(depth: F32) -> Place:
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(x), int(y)


def _size(truth: Region) -> float:
    around = bounds(truth)
    return (around.width + around.height) / 2


def _disc(pixels: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1,) * 2).astype(np.uint8)


def _disc_grown(region: Region, pixels: int) -> Region:
    return cv2.dilate(region.astype(np.uint8), _disc(pixels)) > 0
