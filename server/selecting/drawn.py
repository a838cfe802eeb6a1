"""Whether a rough selection is a scribble on a thing or goes around it."""

from __future__ import annotations

import cv2
import numpy as np

from server.pixels.masks import Region, bounds, depth_in

from .prompts import Drawn

_THIN = 0.2
"""Of half its size: what is nowhere deeper was drawn as a line."""

_LINE = 4
"""Pixels: whatever is nowhere deeper is a line."""

_SPARSE = 0.35
"""Of its convex hull: what fills less of it has arms, as a scribble has and a lasso has not."""


def drawn_as(rough: Region, said: Drawn) -> Drawn:
    """ON or AROUND; of its shape only where a person did not say."""
    if said is not Drawn.AUTO:
        return said
    box = bounds(rough)
    part = np.pad(rough[box.slices], 1)
    thin = float(depth_in(part).max()) < max(_LINE, _THIN * box.extent.longest / 2)
    corners = cv2.findNonZero(part.astype(np.uint8))
    hull = cv2.contourArea(cv2.convexHull(corners)) if corners is not None else 0.0
    return Drawn.ON if thin or rough.sum() < _SPARSE * hull else Drawn.AROUND
