"""Is a thing that was painted into a selection whole, or cut by its edge? Seen by what is on the two sides of the edge:
where the picture goes on from outside to inside there is nothing to cut."""

from __future__ import annotations

import cv2
import numpy as np

from .masks import depth_in
from .picture import F32

_UNLIKE = 0.12
"""Difference of a channel, of 0..1, from which on one side of the edge is something else than the other."""

_RIM = 2.5
"""Pixels: a mask at a model's size reaches a pixel beyond what was selected, so that nothing of that is lost."""


def cut(image: F32, picture: F32, mask: F32) -> float:
    """0..1: the share of the selection's rim at which ``image`` (H, W, 3), painted within ``mask`` (H, W), is unlike
    ``picture`` just outside. 0 where nothing is outside."""
    inside = mask > 0
    rim = inside & (depth_in(inside) < _RIM)
    if not rim.any() or inside.all():
        return 0.0
    _, nearest = cv2.distanceTransformWithLabels(
        inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    outside = np.flatnonzero(~inside)
    place = outside[nearest[rim] - 1]
    unlike = np.abs(image[rim] - picture.reshape(-1, 3)[place]).max(axis=1)
    return float((unlike > _UNLIKE).mean())
