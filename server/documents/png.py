"""PNG files of any channels at 8 or 16 bits with all they say of themselves (https://www.w3.org/TR/png-3/).

Pillow writes no 16-bit colour and OpenCV no profile, and neither may change a number here.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

from server.documents.chunks import SIGNATURE, PngChunk
from server.documents.found import Pixels
from server.documents.image import Image

_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_FILTER_UP = 2
_LEVEL = 6
_ROWS = 256
_LONGEST = (1 << 31) - 1
"""Bytes of a chunk."""


def encode(image: Image) -> bytes:
    """The bytes of a PNG file with exactly these numbers."""
    height, width, channels = image.pixels.shape
    bits = image.pixels.dtype.itemsize * 8
    chunks = [PngChunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, _COLOUR_TYPES[channels], 0, 0, 0))]
    if image.icc:
        chunks.append(PngChunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(image.icc)))
    chunks += image.chunks
    packed = _packed(image.pixels)
    chunks += [PngChunk(b"IDAT", packed[at : at + _LONGEST]) for at in range(0, len(packed), _LONGEST)]
    chunks.append(PngChunk(b"IEND", b""))
    return SIGNATURE + b"".join(chunk.packed for chunk in chunks)


def _packed(pixels: Pixels) -> bytes:
    """Each row as its difference to the one above, compressed some at a time: a large picture costs little more than
    itself."""
    packing, pieces = zlib.compressobj(_LEVEL), []
    above = np.zeros(pixels[:1].nbytes, np.uint8)
    for top in range(0, pixels.shape[0], _ROWS):
        band = np.ascontiguousarray(pixels[top : top + _ROWS], pixels.dtype.newbyteorder(">"))
        rows = band.view(np.uint8).reshape(band.shape[0], -1)
        filtered = np.empty((rows.shape[0], rows.shape[1] + 1), np.uint8)
        filtered[:, 0] = _FILTER_UP
        np.subtract(rows, np.concatenate([above[None], rows[:-1]]), out=filtered[:, 1:])
        pieces.append(packing.compress(filtered.tobytes()))
        above = rows[-1]
    return b"".join([*pieces, packing.flush()])
