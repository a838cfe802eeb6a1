"""Which picture is this? The nearest one of a vendor's pictures, after both are cut out and brought to one size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SIDE = 32
_DIFFERENT = 0.12
_SAME = 0.0015
"""Mean squared difference below which two pictures count as one drawing: vendors draw many subjects twice."""


def cut_out(picture: Floats, ground: Floats) -> Floats:
    """(H, W, 3) 0..1 → its figure, (32, 32, 3), on grey: the box of all that differs from `ground`, (3,) or (H, W, 3).

    Aspect is kept; a picture without a figure gives plain grey.
    """
    differs = np.abs(picture - ground).max(-1)
    solid = cv2.morphologyEx((differs > _DIFFERENT).astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    canvas = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    if not len(rows) or not len(columns):
        return canvas
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    alpha = np.clip(differs[box] / _DIFFERENT, 0, 1)[..., None]
    figure = alpha * picture[box] + (1 - alpha) * 0.5
    height, width = figure.shape[:2]
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    figure = cv2.resize(figure.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = figure
    return canvas


@dataclass(frozen=True)
class Gallery:
    """Cut-outs (N, 32, 32, 3) with their names."""

    names: Sequence[str]
    cut_outs: Floats

    def nearest(self, query: Floats) -> str:
        distances = ((self.cut_outs - query) ** 2).mean((1, 2, 3))
        return self.names[int(distances.argmin())]

    def is_hit(self, query: Floats, name: str) -> bool:
        """Whether the nearest picture is `name`, or one drawn just like it."""
        found = self.nearest(query)
        truth, other = (self.cut_outs[self.names.index(which)] for which in (name, found))
        return found == name or float(((truth - other) ** 2).mean()) < _SAME

    def with_more(self, names: Sequence[str], cut_outs: Sequence[Floats]) -> Gallery:
        return Gallery([*self.names, *names], np.concatenate([self.cut_outs, np.stack(cut_outs)]))


def psnr(one: Floats, other: Floats) -> float:
    """Of values in 0..1, in dB; at most 60."""
    return float(min(60.0, -10 * np.log10(max(float(((one - other) ** 2).mean()), 1e-6))))
