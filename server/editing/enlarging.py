"""A picture with its transparency, several times larger."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from server.models.runtime.super_resolution import OnTile, SuperResolution, enlarge
from server.pixels import masks
from server.pixels.picture import F32, Picture

from .results import OwnLayer

Refine = Callable[[F32, F32], F32]
"""The larger picture and the one it was made of → the larger one, drawn finer."""


def enlarged(
    picture: Picture, by: int, network: SuperResolution, on_tile: OnTile, refine: Refine | None = None
) -> Picture:
    """``by`` times as wide and as high. Colours under full transparency are nobody's: those beside them are continued
    there first, so that nothing of them shows at the larger outline."""
    seen = _continued(picture)
    rgb = enlarge(seen, by, network, on_tile)
    return Picture(refine(rgb, seen) if refine else rgb, _enlarged_alpha(picture.alpha, by, network))


def enlarged_part(
    picture: Picture, mask: F32, by: int, network: SuperResolution, on_tile: OnTile, refine: Refine | None = None
) -> OwnLayer:
    """What of ``picture`` shows through ``mask`` (H, W), 0..1, as a layer over the middle of where it was."""
    seen = Picture(picture.rgb, picture.alpha * mask)
    box = masks.bounds(seen.alpha)
    part = Picture(seen.rgb[box.slices], seen.alpha[box.slices])
    left, top = (round(start - (by - 1) * side / 2) for start, side in ((box.x, box.width), (box.y, box.height)))
    return OwnLayer(enlarged(part, by, network, on_tile, refine), left, top)


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


def _enlarged_alpha(alpha: F32, by: int, network: SuperResolution) -> F32:
    """By the same network, so that the outline is as crisp as what it is the outline of."""
    if (alpha == alpha[0, 0]).all():
        return np.full((by * alpha.shape[0], by * alpha.shape[1]), alpha[0, 0], np.float32)
    gray = np.repeat(alpha[..., None], 3, axis=2)
    larger: F32 = enlarge(gray, by, network, lambda done, of: None)[..., 0].clip(0, 1)
    return larger
