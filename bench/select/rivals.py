"""What everybody has: GrabCut as OpenCV gives it, and a flood fill."""

from __future__ import annotations

import cv2
import numpy as np

from bench.select.hand import Place
from server.pixels.masks import Region
from server.pixels.picture import F32

_TOLERANCE = 20
"""Levels of 255 that a neighbour may differ: about what a magic wand begins with."""


def grabcut(image: F32, drawn: Region, on_it: bool) -> Region:
    """A scribble is surely the thing; outside of a lasso or box is surely none of it."""
    inside, outside = (cv2.GC_FGD, cv2.GC_PR_BGD) if on_it else (cv2.GC_PR_FGD, cv2.GC_BGD)
    labels = np.where(drawn, inside, outside).astype(np.uint8)
    levels = (image[..., ::-1] * 255).round().astype(np.uint8)
    cv2.setRNGSeed(1)
    cv2.grabCut(levels, labels, (0, 0, 0, 0), np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))


def flood(image: F32, places: list[Place]) -> Region:
    """From each place, what is joined to it and differs little from step to step."""
    levels = (image * 255).round().astype(np.uint8)
    mask = np.zeros((levels.shape[0] + 2, levels.shape[1] + 2), np.uint8)
    for place in places:
        if not mask[place[1] + 1, place[0] + 1]:
            tolerance = (_TOLERANCE,) * 3
            cv2.floodFill(levels, mask, place, 0, tolerance, tolerance, 4 | cv2.FLOODFILL_MASK_ONLY | (1 << 8))
    return mask[1:-1, 1:-1] > 0
