"""Holes much larger than any patch: is their middle painted with the detail of what is around?"""

from __future__ import annotations

import cv2
import numpy as np

from server.pixels.picture import F32

from .seen import seen

SIDES = (560, 900)
_AROUND = 180
_MIDDLE = 20


def gravel(side: int) -> F32:
    """scikit-image's gravel, laid out as tiles: float32 (side, side, 3), 0..1."""
    from skimage import data

    tile: F32 = np.asarray(data.gravel(), np.float32) / np.float32(255)  # type: ignore[no-untyped-call]
    count = -(-side // tile.shape[0])
    return np.repeat(np.tile(tile, (count, count))[:side, :side, None], 3, 2)


def middle_detail(side: int) -> tuple[F32, float]:
    """A square hole of ``side`` pixels painted, and the fine detail of its middle as a share of that around it."""
    truth = gravel(side + 2 * _AROUND)
    selection = np.zeros(truth.shape[:2], np.float32)
    selection[_AROUND:-_AROUND, _AROUND:-_AROUND] = 1
    result, _ = seen(np.where(selection[..., None] > 0, np.float32(0.5), truth), selection)
    gray = result.mean(axis=2)
    fine = gray - cv2.GaussianBlur(gray, (0, 0), 2)
    centre = truth.shape[0] // 2
    middle = fine[centre - _MIDDLE : centre + _MIDDLE, centre - _MIDDLE : centre + _MIDDLE]
    return result, float(middle.std() / fine[: _AROUND - 10].std())
