"""A picture taken as a mask: white = repaint, black and transparent = keep."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from server.documents.found import Pixels

_NEARLY = 32
"""Of 255: how far black and white may be off after lossy compression."""
_OTHER_WHITES = (1, 255)
_ROWS = 256


class MaskFile(NamedTuple):
    """pixels: (H, W, 1), of the depth they came in."""

    pixels: Pixels
    notices: tuple[str, ...] = ()


def of(pixels: Pixels, *, lossy: bool) -> MaskFile:
    """lossy: black and white may not be exactly that."""
    if _is_paint(pixels):
        return MaskFile(pixels[..., -1:], ("The mask is paint on transparency: what is painted may change.",))
    gray = np.concatenate([_gray(pixels[top : top + _ROWS]) for top in range(0, pixels.shape[0], _ROWS)])
    if not lossy:
        return _lightest_is_white(gray)
    stretched = _stretched(gray)
    changed = not np.array_equal(stretched, gray)
    return MaskFile(
        stretched, ("The mask is a lossy file: what is nearly black or white in it was taken as that.",) * changed
    )


def _lightest_is_white(gray: Pixels) -> MaskFile:
    """Programs that compute masks save 0 and 1, or 255 in 16 bits, for black and white."""
    full, lightest = int(np.iinfo(gray.dtype).max), int(gray.max())
    if lightest < full and lightest in _OTHER_WHITES:
        sentence = f"The mask goes from 0 to {lightest} of {full}: {lightest} was taken as white."
        return MaskFile(np.round(gray * (full / lightest)).astype(gray.dtype), (sentence,))
    if 0 < lightest < full / 2:
        return MaskFile(
            gray, (f"The mask is nowhere lighter than {lightest / full:.0%}: it selects no more than that.",)
        )
    return MaskFile(gray)


def _is_paint(pixels: Pixels) -> bool:
    """One colour, not white, on transparency: somebody painted the place on a layer of its own."""
    if pixels.shape[2] not in (2, 4) or pixels[..., -1].all():
        return False
    shown = pixels[pixels[..., -1] > 0][:, :-1]
    if not len(shown):
        return False
    return bool((shown == shown[0]).all()) and int(shown[0].min()) < np.iinfo(pixels.dtype).max


def _gray(pixels: Pixels) -> Pixels:
    full, count = np.iinfo(pixels.dtype).max, pixels.shape[2]
    gray = pixels[..., :1] if count < 3 else pixels[..., :3].mean(axis=2, keepdims=True)
    if count in (2, 4):
        gray = gray * (pixels[..., -1:] / full)
    return np.round(gray).astype(pixels.dtype)


def _stretched(gray: Pixels) -> Pixels:
    full = float(np.iinfo(gray.dtype).max)
    low = full * _NEARLY / 255
    steps = np.arange(int(full) + 1)
    table = np.round((steps - low) * (full / (full - 2 * low))).clip(0, full).astype(gray.dtype)
    return table[gray]
