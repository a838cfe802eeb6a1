"""A coarse map, brought to a picture's size along the picture's own edges: the fast guided filter (He and Sun, "Fast
Guided Filter", arXiv 1505.00996, algorithm 2).

Around each place the map is taken for a linear function of the picture's brightness. That is found where both are
small, and read where the picture is large.
"""

from __future__ import annotations

import cv2
import numpy as np

from .picture import F32

_REACH = 1
"""Pixels of the coarse map to each side that a function is found for."""

_FLAT = 1e-3
"""ε: brightness that varies by less than this squared deviation says nothing of the map."""

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def enlarged(coarse: F32, small: F32, large: F32) -> F32:
    """coarse: (h, w), 0..1, over ``small``, (h, w, 3), which is ``large``, (H, W, 3), made smaller → (H, W), 0..1."""
    guide = small @ _LUMA
    mean_guide, mean_map = _mean(guide), _mean(coarse)
    variance = _mean(guide * guide) - mean_guide**2
    together = _mean(guide * coarse) - mean_guide * mean_map
    slope = together / (variance + _FLAT)
    offset = mean_map - slope * mean_guide
    height, width = large.shape[:2]
    slope, offset = (_resized(_mean(part), width, height) for part in (slope, offset))
    mapped: F32 = (slope * (large @ _LUMA) + offset).clip(0, 1).astype(np.float32, copy=False)
    return mapped


def _mean(values: F32) -> F32:
    side = 2 * _REACH + 1
    return cv2.blur(values, (side, side), borderType=cv2.BORDER_REPLICATE).astype(np.float32, copy=False)


def _resized(values: F32, width: int, height: int) -> F32:
    return cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)
