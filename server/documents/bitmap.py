"""What the header of a BMP file says beside its pixels (BITMAPV4HEADER and BITMAPV5HEADER of the Windows API)."""

from __future__ import annotations

import struct
from typing import NamedTuple

from server.documents.chunks import PngChunk, density
from server.documents.colours import gamma_chunk, primaries_chunk
from server.documents.found import check_held

_FILE_HEADER = 14
_UNCOMPRESSED = (0, 3, 6)
_V4, _V5 = 108, 124
_CALIBRATED, _EMBEDDED, _LINKED = b"\0\0\0\0", b"DEBM", b"KNIL"


class BitmapHeader(NamedTuple):
    icc: bytes | None = None
    chunks: tuple[PngChunk, ...] = ()
    notices: tuple[str, ...] = ()


def check(data: bytes) -> None:
    """Raises ``DamagedFileError`` where it has fewer bytes than its uncompressed pixels are."""
    if len(data) < _FILE_HEADER + 40:
        return
    size, width, height, _, bits, compression = struct.unpack_from("<IiiHHI", data, _FILE_HEADER)
    if size >= 40 and compression in _UNCOMPRESSED:
        check_held((abs(width) * bits + 31) // 32 * 4 * abs(height), len(data), 1)


def read(data: bytes) -> BitmapHeader:
    """All that is there of it, as far as the header goes."""
    (size,) = struct.unpack_from("<I", data, _FILE_HEADER) if len(data) >= _FILE_HEADER + 4 else (0,)
    header = data[_FILE_HEADER : _FILE_HEADER + size]
    if len(header) < 40:
        return BitmapHeader()
    across, down = struct.unpack_from("<ii", header, 24)
    notices = _notices(data, header)
    dots = density(across / 100, down / 100, "cm")
    chunks = (dots,) if dots else ()
    kind = header[56:60] if len(header) >= _V4 else b""
    if kind == _CALIBRATED:
        return BitmapHeader(None, (*chunks, *_calibrated(header)), notices)
    if kind == _EMBEDDED and len(header) >= _V5:
        start, count = struct.unpack_from("<II", header, 112)
        return BitmapHeader(data[_FILE_HEADER + start : _FILE_HEADER + start + count] or None, chunks, notices)
    if kind == _LINKED:
        elsewhere = "Its colour profile is in another file; its colours were read as sRGB."
        return BitmapHeader(None, chunks, (*notices, elsewhere))
    return BitmapHeader(None, chunks, notices)


def _notices(data: bytes, header: bytes) -> tuple[str, ...]:
    """A fourth byte is only filling unless masks say otherwise; some programs put alpha there all the same."""
    bits, compression = struct.unpack_from("<HI", header, 14)
    (start,) = struct.unpack_from("<I", data, 10)
    if (bits, compression) != (32, 0) or len(set(data[start + 3 :: 4])) < 2:
        return ()
    return ("A further channel of it, not said to be transparency, was left out.",)


def _calibrated(header: bytes) -> tuple[PngChunk, ...]:
    """Primaries as XYZ in fixed point of 30 bits, gammas of 16; many programs leave them at 0."""
    ends = [value / (1 << 30) for value in struct.unpack_from("<9i", header, 60)]
    gammas = [value / 65536 for value in struct.unpack_from("<3I", header, 96)]
    sums = [sum(ends[at : at + 3]) for at in (0, 3, 6)]
    chunks: tuple[PngChunk, ...] = ()
    if all(total > 0 for total in sums):
        x, y, total = (sum(ends[at::3]) for at in (0, 1, 2))
        white = (x / (x + y + total), y / (x + y + total))
        red, green, blue = ((ends[at] / s, ends[at + 1] / s) for at, s in zip((0, 3, 6), sums, strict=True))
        chunks = (primaries_chunk(white, (*red, *green, *blue)),)
    return (gamma_chunk(gammas[1]), *chunks) if 0.05 < gammas[1] < 20 else chunks
