"""Turning a picture as its orientation says (TIFF 6.0, tag 274), and what it says of itself with it."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np

from server.documents.chunks import DENSITY, PLACE, SCALE, PngChunk
from server.documents.found import Pixels

_TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels),
}
_SIDEWAYS = (5, 6, 7, 8)
_OF_THE_PLACE = (PLACE, SCALE)


def turned(pixels: Pixels, orientation: int) -> Pixels:
    return np.ascontiguousarray(_TURNS[orientation](pixels))


def turned_chunks(chunks: tuple[PngChunk, ...], orientation: int) -> tuple[PngChunk, ...]:
    """The resolution turned with the picture; where it lies on a page is no longer known."""
    if orientation == 1:
        return chunks
    kept = (chunk for chunk in chunks if chunk.name not in _OF_THE_PLACE)
    return tuple(_sideways(chunk) if orientation in _SIDEWAYS else chunk for chunk in kept)


def _sideways(chunk: PngChunk) -> PngChunk:
    if chunk.name != DENSITY or len(chunk.data) != 9:
        return chunk
    across, down, unit = struct.unpack(">IIB", chunk.data)
    return PngChunk(DENSITY, struct.pack(">IIB", down, across, unit))
