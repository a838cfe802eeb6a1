"""How soft the edge of what was found is: in a band along its outline each pixel is a mixture of the thing's colour and
of what is behind, I = α F + (1 − α) B, and both colours are near by.

F and B are those of the nearest pixels that are surely one or the other. Where they are alike, or the pixel is no
mixture of them, its colour says nothing, and the outline itself is taken. Closed-form matting (Levin, Lischinski and
Weiss, 2006) solves a sparse system over all the picture instead; why not here stands in docs/architecture.md.
"""

from __future__ import annotations

import cv2
import numpy as np

from server.pixels.masks import Region, window
from server.pixels.picture import F32, Picture, on_paper

_ALIKE = 0.05
"""Distance of two colours, of a diagonal of √3, at which they tell half as much as very different ones."""

_NO_MIXTURE = 0.15
"""How far a pixel may be from the line between F and B to count as a mixture of them."""

_THICK = 0.6
"""What is thinner than the band is surely itself where it is deeper than this share of how deep it gets near by."""

_NEAR = 3
"""Pixels from an outline to what is compared across it."""

_FINE = 6
"""Of a wider band the nearest pixels are looked for in steps."""


def soft_edge(picture: Picture, found: Region, reach: int) -> F32:
    """(H, W), 0..1. reach: pixels to both sides of the outline where the edge is looked for."""
    alpha = found.astype(np.float32)
    if not found.any() or found.all():
        return alpha
    here = window(found, 3 * reach + 1)
    part = alpha[here]
    part[...] = _mixed(_shown(picture, here), found[here], reach)
    return alpha


def contrast(picture: Picture, found: Region) -> float:
    """How far the colours on both sides of the outline are apart, of √3 at most: the middle one of all places along it.
    0: there is no outline."""
    if not found.any() or found.all():
        return 0.0
    here = window(found, 3 * _NEAR + 1)
    part = found[here]
    inner, outer = _surely(part, _NEAR), _surely(~part, _NEAR)
    band = ~(inner | outer)
    if not inner.any() or not outer.any() or not band.any():
        return 0.0
    smooth = cv2.blur(_shown(picture, here), (5, 5)).astype(np.float32, copy=False)
    apart = _nearest(inner, band, smooth, 1) - _nearest(outer, band, smooth, 1)
    return float(np.median(np.sqrt((apart**2).sum(1))))


def _shown(picture: Picture, here: tuple[slice, slice]) -> F32:
    return on_paper(Picture(picture.rgb[here], picture.alpha[here]))


def _mixed(rgb: F32, found: Region, reach: int) -> F32:
    inner, outer = _surely(found, reach), _surely(~found, reach)
    band = ~(inner | outer)
    if not inner.any() or not outer.any() or not band.any():
        return found.astype(np.float32)
    alpha = inner.astype(np.float32)
    smooth, step = cv2.blur(rgb, (3, 3)).astype(np.float32, copy=False), max(1, reach // _FINE)
    fore, back = _nearest(inner, band, smooth, step), _nearest(outer, band, smooth, step)
    here, apart = rgb[band], fore - back
    far = (apart**2).sum(1)
    share = (((here - back) * apart).sum(1) / np.maximum(far, 1e-6)).clip(0, 1)
    off = ((here - back - share[:, None] * apart) ** 2).sum(1)
    trust = far / (far + _ALIKE**2) * np.exp(-off / (2 * _NO_MIXTURE**2))
    outline = cv2.GaussianBlur(found.astype(np.float32), (0, 0), max(0.7, reach / 6))[band]
    mixed = trust * share + (1 - trust) * outline
    alpha[band] = mixed.clip(0, 1)
    return alpha


def _surely(region: Region, reach: int) -> Region:
    """Deeper in it than ``reach``; of what is thinner its middle."""
    depth = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L1, 3, dstType=cv2.CV_8U)
    side = 2 * reach + 1
    deepest = cv2.dilate(depth, np.ones((side, side), np.uint8))
    sure: Region = region & (depth > np.minimum(reach, _THICK * deepest))
    return sure


def _nearest(sure: Region, band: Region, colours: F32, step: int) -> F32:
    """(n, 3) of the n pixels of ``band``: the colour of the nearest of ``sure``, of which every ``step``th is looked
    at."""
    sparse = sure[::step, ::step]
    if not sparse.any():
        sparse, step = sure, 1
    away = np.where(sparse, 0, 1).astype(np.uint8)
    _, labels = cv2.distanceTransformWithLabels(away, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    places = np.empty(int(labels.max()) + 1, np.intp)
    places[labels[sparse]] = np.flatnonzero(sparse)
    rows, columns = np.nonzero(band)
    y, x = np.divmod(places[labels[rows // step, columns // step]], sparse.shape[1])
    nearest: F32 = colours[y * step, x * step]
    return nearest
