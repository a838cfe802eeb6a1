"""The colours of a thing alone, where its edge has mixed them with what is behind it: Germer, Uelwer, Conrad and
Harmeling, "Fast Multi-Level Foreground Estimation" (arXiv 2006.14970).

A pixel is I = α F + (1 − α) B. F and B are sought that explain the picture and are smooth, the smoother the more α
varies (their equation 2): first in a picture of a pixel, then in ever larger ones, each from what the one before found
(algorithm 1).
"""

from __future__ import annotations

import cv2
import numpy as np

from .picture import F32

_SMOOTH, _GRADIENT = 1e-5, 1.0
"""ε_r and ω, as they are published."""

_SMALL, _SMALL_ROUNDS, _ROUNDS = 32, 10, 2
"""Up to that side so many rounds of a level are done, then so many."""

_BESIDE = ((0, 1), (0, -1), (1, 0), (-1, 0))


def foreground(image: F32, alpha: F32) -> F32:
    """image: (H, W, 3), alpha: (H, W), 0..1 → F, (H, W, 3). Where alpha is 1 that is the picture, bit for bit."""
    height, width = alpha.shape
    fore = back = np.zeros((1, 1, 3), np.float32)
    for rows, columns in _levels(height, width):
        size = columns, rows
        seen, share = _resized(image, size), _resized(alpha, size)
        fore, back = _resized(fore, size), _resized(back, size)
        for _ in range(_SMALL_ROUNDS if max(size) <= _SMALL else _ROUNDS):
            fore, back = _round(seen, share, fore, back)
    return np.where(alpha[..., None] == 1, image, fore).astype(np.float32)


def _levels(height: int, width: int) -> list[tuple[int, int]]:
    """From one pixel to all of them, each about twice as large along a side as the one before."""
    count = max(1, int(np.ceil(np.log2(max(height, width)))))
    return [(max(1, round(height ** (at / count))), max(1, round(width ** (at / count)))) for at in range(count + 1)]


def _round(image: F32, alpha: F32, fore: F32, back: F32) -> tuple[F32, F32]:
    """All pixels at once: the least squares of the paper's equation 4 with the neighbours as they are."""
    weights = [_SMOOTH + _GRADIENT * np.abs(alpha - _beside(alpha, way)) for way in _BESIDE]
    total = np.add.reduce(weights)
    means = [
        np.add.reduce([weight[..., None] * _beside(part, way) for weight, way in zip(weights, _BESIDE, strict=True)])
        / total[..., None]
        for part in (fore, back)
    ]
    share = alpha[..., None]
    off = image - share * means[0] - (1 - share) * means[1]
    gain = off / (total[..., None] + share**2 + (1 - share) ** 2)
    return (means[0] + share * gain).clip(0, 1), (means[1] + (1 - share) * gain).clip(0, 1)


def _beside(values: F32, way: tuple[int, int]) -> F32:
    """Of each pixel the neighbour that way; at the border the pixel itself."""
    down, right = way
    padded = np.pad(values, [(1, 1), (1, 1), *[(0, 0)] * (values.ndim - 2)], mode="edge")
    height, width = values.shape[:2]
    return padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]


def _resized(values: F32, size: tuple[int, int]) -> F32:
    made = cv2.resize(values, size, interpolation=cv2.INTER_NEAREST)
    return made.reshape(size[1], size[0], *values.shape[2:]).astype(np.float32, copy=False)
