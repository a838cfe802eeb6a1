"""Numbers as a file has them, made into the numbers of a picture: full range, straight alpha, colours for indices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from server.documents.found import Pixels

_ROWS = 256
"""Converted at once: a large picture costs itself and little more."""


def at_full(raw: Pixels, bits: int) -> Pixels:
    """Numbers of ``bits`` each as 8 bits, or 16 where they are deeper: black stays black, white becomes white."""
    kind = np.uint8 if bits <= 8 else np.uint16
    if bits in (8, 16):
        return raw.astype(kind)
    table = np.round(np.arange(1 << bits) * (float(np.iinfo(kind).max) / ((1 << bits) - 1))).astype(kind)
    full: Pixels = table[raw.astype(np.uint16) & ((1 << bits) - 1)]
    return full


def of_palette(indices: Pixels, colours: npt.NDArray[np.uint16]) -> Pixels:
    """colours: (3, N) of 16 bits. They become 8 bits where they say no more: multiplied by 257 as the standard has
    it, by 256 as some programs do, or never brought to 16 bits at all."""
    table = np.asarray(colours, np.uint16)
    if not (table & 255).any() or (table >> 8 == table & 255).all():
        table = (table >> 8).astype(np.uint8)
    elif not (table >> 8).any():
        table = table.astype(np.uint8)
    return np.ascontiguousarray(table.T[indices.astype(np.uint16)])  # a bool, as 1 bit is read, would be a condition


def straight(pixels: Pixels) -> Pixels:
    """Colours that were multiplied by their alpha, divided by it again; black where nothing is left of them."""
    result, full = np.empty_like(pixels), float(np.iinfo(pixels.dtype).max)
    result[..., -1] = pixels[..., -1]
    for top in range(0, pixels.shape[0], _ROWS):
        rows = pixels[top : top + _ROWS].astype(np.float64)
        divided = rows[..., :-1] * full / np.maximum(rows[..., -1:], 1)
        result[top : top + _ROWS, :, :-1] = np.round(divided).clip(0, full).astype(pixels.dtype)
    return result
