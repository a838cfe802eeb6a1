"""Whether what was selected reaches beyond its selection: the soft or antialiased rim that a tight selection leaves.

A generous selection ends in what shall stay, and painting more than it would only throw knowledge away; a tight one
ends in the thing's own rim, which would be continued into the hole. The picture tells them apart: a rim is unlike what
lies farther out, by more than that varies in itself.
"""

from __future__ import annotations

import cv2
import numpy as np

from server.pixels.masks import distance_to
from server.pixels.picture import F32, Picture

from .levels import Bits

_AROUND = 13
"""Side of the window, in pixels, over which the surroundings' mean and variance are taken."""

_FAINT = 2 / 255
"""A deviation that nobody sees, whatever the surroundings vary by."""

_UNLIKE, _MOST = 3.0, 12.0
"""Squared deviation from the surroundings, in units of their variance, from which on an edge is a thing's rim; and what
no pixel counts more than."""


def with_rim(picture: Picture, wide: Bits, selected: Bits | None) -> Bits:
    """bool (H, W): ``selected``, and of ``wide`` around it as many rings of a pixel as look like the rim of a thing.

    Each ring of each piece is judged as a whole: one bright pebble beside a selection is no rim, and a rim is often
    unlike its surroundings for a part of its way only."""
    outside = ~wide & (picture.alpha > 0)
    if selected is None or not outside.any():
        return wide
    margin = wide & ~selected
    ring = np.where(margin, np.ceil(distance_to(selected) - 0.5), 0).astype(np.int64)
    _, piece = cv2.connectedComponents(wide.astype(np.uint8))
    shape = (piece.max() + 1, ring.max() + 1)
    number = (piece * shape[1] + ring)[margin]
    unlike = np.minimum(_unlikeness(picture.rgb, outside), _MOST)[margin]
    count = np.bincount(number, minlength=shape[0] * shape[1]).reshape(shape)
    tight = np.bincount(number, unlike, minlength=count.size).reshape(shape) > _UNLIKE * count
    tight[:, 0] = True
    reach = np.logical_and.accumulate(tight, 1).sum(1) - 1
    reach += reach > 0  # what fades out has one ring more, too faint to tell
    rim: Bits = margin & (ring <= reach[piece])
    return (wide & selected) | rim


def _unlikeness(rgb: F32, outside: Bits) -> F32:
    """float32 (H, W): squared deviation from the nearest surroundings' mean, as a multiple of their variance."""
    mean, spread = _averaged(rgb, outside), _averaged(rgb**2, outside)
    variance = np.maximum(spread - mean**2, 0).mean(2) + _FAINT**2
    _, nearest = cv2.distanceTransformWithLabels(
        (~outside).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    place = np.flatnonzero(outside)[nearest - 1]
    deviation = rgb - mean.reshape(-1, 3)[place]
    return np.asarray((deviation**2).mean(2) / variance.ravel()[place], np.float32)


def _averaged(values: F32, where: Bits) -> F32:
    """The mean of ``values`` (H, W, 3) over a window around each pixel, of those ``where``; 0 where there are none."""
    weight = where.astype(np.float32)
    window = (_AROUND, _AROUND)
    count = np.maximum(cv2.blur(weight, window), 1e-6)
    return np.asarray(cv2.blur(values * weight[..., None], window) / count[..., None], np.float32)
