"""The places to erase in one picture, each with as much of its surroundings as it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from .levels import Bits, inscribed

_APART = 24
"""Holes nearer to each other than this, in pixels, are painted together."""

_REACH = 10
"""Surroundings on every side, in greatest radii of the hole."""

_LEAST, _MOST = 48, 400
"""And in pixels."""


@dataclass(frozen=True, eq=False)
class Region:
    """rows, columns: the part of the picture that is looked at. hole: bool, what is to be painted, of that size."""

    rows: slice
    columns: slice
    hole: Bits


def regions(hole: Bits) -> Iterator[Region]:
    """Every hole of the picture in exactly one region; ``hole`` bool (H, W)."""
    joined = cv2.dilate(hole.astype(np.uint8), np.ones((_APART + 1, _APART + 1), np.uint8))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    for label in range(1, count):
        left, top, width, height = (int(value) for value in boxes[label, :4])
        part = slice(top, top + height), slice(left, left + width)
        yield _with_surroundings(hole, hole[part] & (labels[part] == label), top, left)


def _with_surroundings(hole: Bits, part: Bits, top: int, left: int) -> Region:
    ys, xs = np.nonzero(part)
    reach = _reach(part)
    rows = slice(max(0, top + int(ys.min()) - reach), min(hole.shape[0], top + int(ys.max()) + 1 + reach))
    columns = slice(max(0, left + int(xs.min()) - reach), min(hole.shape[1], left + int(xs.max()) + 1 + reach))
    own = np.zeros((rows.stop - rows.start, columns.stop - columns.start), bool)
    own[ys + top - rows.start, xs + left - columns.start] = True
    return Region(rows, columns, own)


def _reach(part: Bits) -> int:
    return int(np.clip(inscribed(part) * _REACH, _LEAST, _MOST))
