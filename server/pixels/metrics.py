"""How good an edit's edges are, without any network. Pictures are float32 (H, W, 3) in 0..1; figures in 0..255 levels.

Masks are bool (H, W), True inside the edit. A figure over no pixels at all is 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from .icc import F64
from .masks import Region, distance_to
from .picture import F32

_SECTORS = 36

Indices = npt.NDArray[np.intp]


def max_change_outside(original: F32, result: F32, mask: Region) -> float:
    """The largest change of any channel outside the mask; must be 0 for a composite."""
    outside = ~mask
    return float(np.abs(result[outside] - original[outside]).max() * 255) if outside.any() else 0.0


def edge_step(original: F32, result: F32, mask: Region, width: int) -> float:
    """The mean colour step across the mask's edge that ``original`` does not have.

    Rings of ``width`` pixels inside and outside are averaged in 36 sectors around the mask's centre; the step of a
    sector is inside minus outside. 5 pixels show a shift of colour, 1 pixel a line.
    """
    inner = mask & (distance_to(~mask) <= width)
    outer = ~mask & (distance_to(mask) <= width)
    sector = _sectors(mask)
    change = (result - original).astype(np.float64) * 255
    both = _counts(sector[inner]) * _counts(sector[outer]) > 0
    if not both.any():
        return 0.0
    steps = _means(change[inner], sector[inner])[both] - _means(change[outer], sector[outer])[both]
    return float(np.abs(steps).mean())


def noise_ratio(original: F32, result: F32, mask: Region, width: int = 32) -> float:
    """The strength of the finest detail inside the mask against the ring of ``width`` pixels around it, both as a share
    of what ``original`` has there: 1 is as grainy as it was, 0.5 half of it."""
    return _against_ring(_grain, original, result, mask, width)


def sharpness_ratio(original: F32, result: F32, mask: Region, width: int = 32) -> float:
    """As ``noise_ratio``, for the mean steepness of edges."""
    return _against_ring(_steepness, original, result, mask, width)


def psnr_inside(original: F32, result: F32, mask: Region) -> float:
    """Peak signal to noise ratio in decibels inside the mask; infinite where nothing differs."""
    error = float(np.square(result[mask] - original[mask], dtype=np.float64).mean()) if mask.any() else 0.0
    return math.inf if error == 0 else -10 * math.log10(error)


def _sectors(mask: Region) -> Indices:
    rows, columns = np.nonzero(mask)
    middle_row, middle_column = (rows.mean(), columns.mean()) if rows.size else (0.0, 0.0)
    y, x = np.indices(mask.shape)
    turn = np.arctan2(y - middle_row, x - middle_column) / (2 * math.pi) + 0.5
    sector: Indices = np.minimum((turn * _SECTORS).astype(np.intp), _SECTORS - 1)
    return sector


def _counts(sector: Indices) -> Indices:
    return np.bincount(sector, minlength=_SECTORS)


def _means(values: F64, sector: Indices) -> F64:
    sums = [np.bincount(sector, values[:, channel], _SECTORS) for channel in range(values.shape[1])]
    means: F64 = np.stack(sums, axis=1) / np.maximum(_counts(sector), 1)[:, None]
    return means


def _against_ring(measure: Callable[[F32], F32], original: F32, result: F32, mask: Region, width: int) -> float:
    ring = ~mask & (distance_to(mask) <= width)
    # Near the edge the filters would see both sides.
    inside = mask & (distance_to(~mask) > 2)
    if not inside.any() or not ring.any():
        return 0.0
    before, after = measure(original), measure(result)
    was = float(before[inside].mean() / max(float(before[ring].mean()), 1e-9))
    now = float(after[inside].mean() / max(float(after[ring].mean()), 1e-9))
    return now / max(was, 1e-9)


def _grain(image: F32) -> F32:
    """What a blur of one pixel takes away."""
    gray = image.mean(axis=2)
    grain: F32 = np.abs(gray - cv2.GaussianBlur(gray, (0, 0), 1.0)).astype(np.float32)
    return grain


def _steepness(image: F32) -> F32:
    gray = cv2.GaussianBlur(image.mean(axis=2), (0, 0), 1.0)
    steepness: F32 = np.hypot(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)).astype(np.float32)
    return steepness
