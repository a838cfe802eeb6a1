"""The grain and the sharpness of a photograph, continued where it was painted over.

What is fine and random (film, a sensor's noise, what JPEG leaves of both) is told from what is drawn by looking where
next to nothing is drawn. There the strength of the fine detail is compared, in two bands and place by place, around the
painted part and in it; what is missing comes back as small pieces of the surroundings' own grain, laid over each other
so that their strength stays the same everywhere (the overlapping blocks of A. Efros and W. Freeman, "Image Quilting",
2001, with windows whose squares sum to one). So it has their spectrum and their colours, whatever made it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from .masks import Region, bounds, distance_to
from .picture import F32

Indices = npt.NDArray[np.intp]

_BLURS = (0.0, 1.0, 2.5)
"""In pixels: their differences are the bands of detail. What is coarser is drawn, not grain."""

_RING = 40
"""Pixels around the painted part whose grain it gets."""

_TILE = 16

_FEWEST = 200
"""Pixels with next to nothing drawn, without which nothing can be said of grain."""

_FLAT = 0.5
"""Share of the surroundings that is taken for such."""

_NEARBY = 16.0
"""Pixels (of a Gaussian) over which the strength of grain is averaged: it is not the same in light and shade."""

_EVERYWHERE = 0.02
"""What the mean of all counts beside what is nearby."""

_ROUNDS = 3
"""How often the bands of what is added are brought into balance."""

_UNSEEN = 0.25 / 255
"""A deviation that is no grain: gradients of 16 bits stay as clean as they are."""

_FOLLOWS = 0.3
"""Share of the detail around the painted part that the painter's own picture of it explains (a squared correlation),
from which on what it lacks is sharpness."""

_SHARPEST = 2.0
"""By how much a band of detail is strengthened at most."""


def regrained(image: F32, painted: Region, known: Region, rng: np.random.Generator, share: float = 1.0) -> F32:
    """``image`` (H, W, 3) with as much grain in ``painted`` (H, W) as ``known`` has around it, or that ``share`` of it;
    the same elsewhere. Where nothing can be said of grain, or there is none, it stays as it is."""
    rows, columns = _near(painted)
    part, inside = image[rows, columns], painted[rows, columns]
    added = _missing(part, inside, known[rows, columns], rng) if share > 0 else None
    if added is None:
        return image
    result = image.copy()
    result[rows, columns][inside] += np.float32(share) * added[inside]
    return result


def as_fine(
    image: F32, answer: F32, painted: Region, known: Region, rng: np.random.Generator, share: float = 1.0
) -> F32:
    """``image`` (H, W, 3) as sharp and as grainy in ``painted`` as it is around. answer: all that the painter made, the
    surroundings too: what these lost of their detail, band by band and at the very same pixels, the painted part gets
    back. Where the painter kept the surroundings as they are nothing is known of it, and nothing happens."""
    rows, columns = _near(painted)
    part, made, inside = image[rows, columns], answer[rows, columns], painted[rows, columns]
    around = known[rows, columns]
    ring = around & (distance_to(inside) <= _RING)
    if share <= 0 or np.count_nonzero(ring) < _FEWEST or np.array_equal(part[ring], made[ring]):
        return image
    true, had = _bands(part, around | inside), _bands(made, np.ones_like(ring))
    contrast = _gain(_coarse(part, around | inside)[ring], _coarse(made, np.ones_like(ring))[ring])
    gains = [max(1.0, _gain(one[ring], other[ring]) / contrast) for one, other in zip(true, had, strict=True)]
    added = [np.float32(gain - 1) * other for gain, other in zip(gains, had, strict=True)]
    plain = _Plain.of(part, inside, around)
    if plain is not None:
        lost = [
            np.maximum(
                _strength(one, plain.around) - np.float32((gain * contrast) ** 2) * _strength(other, plain.around), 0
            )
            for one, other, gain in zip(true, had, gains, strict=True)
        ]
        added.append(_grain(true, lost, plain, rng))
    result = image.copy()
    result[rows, columns][inside] += np.float32(share) * np.asarray(sum(added), np.float32)[inside]
    return result


def _coarse(rgb: F32, where: Region) -> F32:
    """What is coarser than grain, and no slope of light."""
    return _averaged(rgb, where, _BLURS[-1]) - _averaged(rgb, where, 6.0)


def _near(painted: Region) -> tuple[slice, slice]:
    """Rows and columns of what is painted and of what tells how it should look."""
    box, margin = bounds(painted), _RING + 8
    return slice(max(0, box.y - margin), box.bottom + margin), slice(max(0, box.x - margin), box.right + margin)


def _gain(true: F32, had: F32) -> float:
    """By what ``had`` has to be multiplied to be as much of ``true`` as it can be: Wiener's filter of one number."""
    both, own, whole = (float((a * b).mean(dtype=np.float64)) for a, b in ((true, had), (had, had), (true, true)))
    if both <= 0 or both**2 < _FOLLOWS * own * whole:
        return 1.0
    return min(max(both / own, 1 / _SHARPEST), _SHARPEST)


def _bands(rgb: F32, where: Region) -> list[F32]:
    """The fine detail, each band (H, W, 3). What is not ``where`` counts nothing."""
    blurred = [_averaged(rgb, where, sigma) for sigma in _BLURS]
    return [fine - coarse for fine, coarse in pairwise(blurred)]


@dataclass(frozen=True, eq=False)
class _Plain:
    """Where next to nothing is drawn: inside what was painted, and around it. bool (H, W)."""

    inside: Region
    around: Region

    @staticmethod
    def of(part: F32, inside: Region, known: Region) -> _Plain | None:
        """None: there is too little of either."""
        ring = known & (distance_to(inside) <= _RING)
        if np.count_nonzero(ring) < _FEWEST:
            return None
        there = inside | known
        coarse = _averaged(part, there, _BLURS[-1]) - _averaged(part, there, 6.0)
        drawn = _averaged((coarse**2).mean(2, keepdims=True), there, 4.0)[..., 0]
        plain = drawn <= float(np.quantile(drawn[ring], _FLAT))
        found = _Plain(inside & plain, ring & plain)
        few = min(np.count_nonzero(found.around), 4 * np.count_nonzero(found.inside)) < _FEWEST
        return None if few else found


def _missing(part: F32, inside: Region, known: Region, rng: np.random.Generator) -> F32 | None:
    """What has to be added to ``part``, everywhere; None: nothing."""
    plain = _Plain.of(part, inside, known)
    if plain is None:
        return None
    bands = _bands(part, inside | known)
    if math.sqrt(sum(float((band[plain.around] ** 2).mean()) for band in bands)) < _UNSEEN:
        return None
    lacking = [np.maximum(_strength(band, plain.around) - _strength(band, plain.inside), 0) for band in bands]
    return _grain(bands, lacking, plain, rng)


def _grain(bands: list[F32], lacking: list[F32], plain: _Plain, rng: np.random.Generator) -> F32:
    """As strong as what is lacking in each band, everywhere."""
    tiles = _tiles(plain.around)
    if not len(tiles):
        return np.zeros_like(bands[0])
    half, (height, width) = _TILE // 2, bands[0].shape[:2]
    places = tiles[rng.integers(0, len(tiles), (height // half + 2, width // half + 2))]
    laid = [_quilted(band, places) * np.sqrt(amount) for band, amount in zip(bands, lacking, strict=True)]
    return _balanced(laid, [float(amount[plain.inside].mean()) for amount in lacking], plain.inside)


def _balanced(laid: list[F32], wanted: list[float], where: Region) -> F32:
    """The sum of ``laid``, each made so strong that the bands of that sum are as strong as ``wanted``: a band of grain
    is not all in its band, for these overlap."""
    everywhere = np.ones_like(where)
    for _ in range(_ROUNDS):
        found = _bands(np.asarray(sum(laid), np.float32), everywhere)
        have = [float(np.square(band[where], dtype=np.float64).mean()) for band in found]
        laid = [
            each * np.float32(math.sqrt(want / max(has, 1e-12)))
            for each, want, has in zip(laid, wanted, have, strict=True)
        ]
    return np.asarray(sum(laid), np.float32)


def _strength(band: F32, where: Region) -> F32:
    """float32 (H, W, 1): the mean square of ``band`` near each pixel, of those ``where``."""
    square = (band**2).mean(2, keepdims=True)
    weight = where.astype(np.float32)
    total = cv2.GaussianBlur(square[..., 0] * weight, (0, 0), _NEARBY) + _EVERYWHERE * float(square[where].mean())
    return np.asarray(total / (cv2.GaussianBlur(weight, (0, 0), _NEARBY) + _EVERYWHERE), np.float32)[..., None]


def _tiles(plain: Region) -> Indices:
    """(N, 2): upper left corners of whole tiles of what is plain; of nearly whole ones where there are none."""
    share = cv2.boxFilter(plain.astype(np.float32), -1, (_TILE, _TILE), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    inside = share[: max(0, plain.shape[0] - _TILE + 1), : max(0, plain.shape[1] - _TILE + 1)]
    for enough in (0.999, 0.9, 0.75):
        found = np.argwhere(inside >= enough)
        if len(found) >= 4:
            return found
    return np.empty((0, 2), np.intp)


def _quilted(band: F32, corners: Indices) -> F32:
    """float32, as large as ``band``: tiles of it, at ``corners`` (rows, columns, 2), half over each other."""
    half = _TILE // 2
    wave = np.sin(math.pi * (np.arange(_TILE) + 0.5) / _TILE)
    window = np.outer(wave, wave).astype(np.float32)[..., None]
    rows, columns = corners.shape[:2]
    total = np.zeros(((rows + 1) * half, (columns + 1) * half, 3), np.float32)
    for row, column in np.ndindex(rows, columns):
        y, x = corners[row, column]
        place = total[row * half : row * half + _TILE, column * half : column * half + _TILE]
        place += band[y : y + _TILE, x : x + _TILE] * window
    return total[half : half + band.shape[0], half : half + band.shape[1]]


def _averaged(values: F32, where: Region, sigma: float) -> F32:
    """(H, W, C): the mean of those ``where`` around each pixel, weighted by a Gaussian."""
    if sigma == 0:
        return values
    weight = where.astype(np.float32)
    total = cv2.GaussianBlur(values * weight[..., None], (0, 0), sigma).reshape(values.shape)
    count = cv2.GaussianBlur(weight, (0, 0), sigma)
    return np.asarray(total / np.maximum(count, 1e-4)[..., None], np.float32)
