"""What the header of a BMP file says beside its pixels (BITMAPV4HEADER and BITMAPV5HEADER of the Windows API)."""

from __future__ import annotations

import struct
from typing import NamedTuple

from server.documents.chunks import Chunk, density
from server.documents.colours import gamma_chunk, primaries_chunk

_FILE_HEADER = 14
_V4, _V5 = 108, 124
_CALIBRATED, _EMBEDDED, _LINKED = b"\0\0\0\0", b"DEBM", b"KNIL"


class Said(NamedTuple):
    icc: bytes | None = None
    chunks: tuple[Chunk, ...] = ()
    notices: tuple[str, ...] = ()


def read(data: bytes) -> Said:
    """All that is there of it, as far as the header goes."""
    (size,) = struct.unpack_from("<I", data, _FILE_HEADER) if len(data) >= _FILE_HEADER + 4 else (0,)
    header = data[_FILE_HEADER : _FILE_HEADER + size]
    if len(header) < 40:
        return Said()
    across, down = struct.unpack_from("<ii", header, 24)
    dots = density(across / 100, down / 100, "cm")
    chunks = (dots,) if dots else ()
    kind = header[56:60] if len(header) >= _V4 else b""
    if kind == _CALIBRATED:
        return Said(None, (*chunks, *_calibrated(header)))
    if kind == _EMBEDDED and len(header) >= _V5:
        start, count = struct.unpack_from("<II", header, 112)
        return Said(data[_FILE_HEADER + start : _FILE_HEADER + start + count] or None, chunks)
    if kind == _LINKED:
        return Said(None, chunks, ("Its colour profile is in another file; its colours were read as sRGB.",))
    return Said(None, chunks)


def _calibrated(header: bytes) -> tuple[Chunk, ...]:
    """Primaries as XYZ in fixed point of 30 bits, gammas of 16; many programs leave them at 0."""
    ends = [value / (1 << 30) for value in struct.unpack_from("<9i", header, 60)]
    gammas = [value / 65536 for value in struct.unpack_from("<3I", header, 96)]
    sums = [sum(ends[at : at + 3]) for at in (0, 3, 6)]
    chunks: tuple[Chunk, ...] = ()
    if all(total > 0 for total in sums):
        x, y, total = (sum(ends[at::3]) for at in (0, 1, 2))
        white = (x / (x + y + total), y / (x + y + total))
        red, green, blue = ((ends[at] / s, ends[at + 1] / s) for at, s in zip((0, 3, 6), sums, strict=True))
        chunks = (primaries_chunk(white, (*red, *green, *blue)),)
    return (gamma_chunk(gammas[1]), *chunks) if 0.05 < gammas[1] < 20 else chunks
