"""A picture with its transparency, several times larger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from server.models.runtime.super_resolution import OnTile
from server.pixels import masks
from server.pixels.picture import F32, Picture

from .results import OwnLayer

Enlarge = Callable[[F32, OnTile], F32]
"""(H, W, 3), 0..1 → the same ``by`` times as wide and as high."""


@dataclass(frozen=True)
class Enlarger:
    """colours, opacity: how each is made larger."""

    by: int
    colours: Enlarge
    opacity: Enlarge


def enlarged(picture: Picture, enlarger: Enlarger, on_tile: OnTile) -> Picture:
    """Colours under full transparency are nobody's: those beside them are continued there first, so that nothing of
    them shows at the larger outline."""
    return Picture(enlarger.colours(_continued(picture), on_tile), _enlarged_alpha(picture.alpha, enlarger))


def enlarged_part(picture: Picture, mask: F32, enlarger: Enlarger, on_tile: OnTile) -> OwnLayer:
    """What of ``picture`` shows through ``mask`` (H, W), 0..1, as a layer over the middle of where it was."""
    seen = Picture(picture.rgb, picture.alpha * mask)
    box = masks.bounds(seen.alpha)
    part = Picture(seen.rgb[box.slices], seen.alpha[box.slices])
    by = enlarger.by
    left, top = (round(start - (by - 1) * side / 2) for start, side in ((box.x, box.width), (box.y, box.height)))
    return OwnLayer(enlarged(part, enlarger, on_tile), left, top)


def _continued(picture: Picture) -> F32:
    """The colours, where nothing is seen those of the nearest pixel that is."""
    hidden = picture.alpha == 0
    if not hidden.any() or hidden.all():
        return picture.rgb
    _, nearest = cv2.distanceTransformWithLabels(
        hidden.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colours = np.zeros((int(nearest.max()) + 1, 3), np.float32)
    colours[nearest[~hidden]] = picture.rgb[~hidden]
    return colours[nearest]


def _enlarged_alpha(alpha: F32, enlarger: Enlarger) -> F32:
    """An outline as crisp as what it is the outline of."""
    by = enlarger.by
    if (alpha == alpha[0, 0]).all():
        return np.full((by * alpha.shape[0], by * alpha.shape[1]), alpha[0, 0], np.float32)
    gray = np.repeat(alpha[..., None], 3, axis=2)
    larger: F32 = enlarger.opacity(gray, lambda done, of: None)[..., 0].clip(0, 1)
    return larger
