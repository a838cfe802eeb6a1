"""The smooth surface through known values: the solution of Laplace's equation inside a hole."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
Bits = npt.NDArray[np.bool_]

_CROSS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32)


def membrane(values: F32, known: Bits, sweeps: int = 12) -> F32:
    """``values`` (H, W, C) where ``known`` (H, W), a harmonic surface elsewhere; free at the picture's border.

    Coarse to fine: each level starts from the one at half its size and relaxes ``sweeps`` times, which is as close to
    the solution as a picture needs. At least one pixel must be known.
    """
    result = np.array(values, np.float32)
    rows, columns = (np.flatnonzero(~known.all(axis)) for axis in (1, 0))
    if rows.size:
        part = (
            slice(max(0, rows[0] - 2), rows[-1] + 3),
            slice(max(0, columns[0] - 2), columns[-1] + 3),
        )
        part = part if known[part].any() else (slice(None), slice(None))
        result[part] = _relaxed(result[part], known[part], sweeps)
    return result


def _relaxed(values: F32, known: Bits, sweeps: int) -> F32:
    """The same for the part that matters."""
    height, width = known.shape
    fixed = np.where(known[..., None], values, 0).astype(np.float32)
    if known.all():
        return fixed
    if max(height, width) > 2:
        half, half_known = _halved(fixed, known)
        start = cv2.resize(_relaxed(half, half_known, sweeps), (width, height), interpolation=cv2.INTER_LINEAR)
        start = start.reshape(fixed.shape)
    else:
        start = np.broadcast_to(fixed[known].mean(0), fixed.shape)
    free = (~known).astype(np.float32)
    neighbours = cv2.filter2D(np.ones((height, width), np.float32), -1, _CROSS, borderType=cv2.BORDER_CONSTANT)
    share = (free / np.maximum(neighbours, 1))[..., None]
    result = fixed + start * free[..., None]
    for _ in range(sweeps):
        around = cv2.filter2D(result, -1, _CROSS, borderType=cv2.BORDER_CONSTANT).reshape(fixed.shape)
        result = fixed + around * share
    return result


def _halved(values: F32, known: Bits) -> tuple[F32, Bits]:
    """Half the size: each pixel the mean of the known ones among its four, known when any of them is."""
    height, width = known.shape
    pad = ((0, height % 2), (0, width % 2))
    weight = np.pad(known.astype(np.float32), pad)
    padded = np.pad(values, (*pad, (0, 0))) * weight[..., None]
    shape = (-(-height // 2), 2, -(-width // 2), 2)
    counted = weight.reshape(shape).sum((1, 3))
    summed = padded.reshape(*shape, -1).sum((1, 3))
    return np.asarray(summed / np.maximum(counted, 1)[..., None], np.float32), counted > 0
