"""The chunks of a PNG file (https://www.w3.org/TR/png-3/): the form in which everything a picture says is kept.

What is written is PNG, alone or in an OpenRaster file; so what a file of any kind says beside its pixels is kept as the
chunk that says it in a PNG.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"

COLOUR = (b"cICP", b"sRGB", b"gAMA", b"cHRM", b"sBIT", b"mDCV", b"cLLI")
"""What the numbers of the pixels mean, beside a profile (iCCP)."""

DENSITY, PLACE, SCALE = b"pHYs", b"oFFs", b"sCAL"
TIME = b"tIME"
"""Of the last change."""
TEXTS = (b"tEXt", b"zTXt", b"iTXt")

_INCH, _METRE = 0.0254, 1
_XMP = b"XML:com.adobe.xmp"
_MOST_TEXT = 64 << 20
"""Bytes that a compressed text may unpack to."""


class PngChunk(NamedTuple):
    name: bytes
    data: bytes

    @property
    def packed(self) -> bytes:
        summed = self.name + self.data
        return struct.pack(">I", len(self.data)) + summed + struct.pack(">I", zlib.crc32(summed))


class Parsed(NamedTuple):
    """The chunks of a file in order; ``damaged``: the names of those left out because their checksum is wrong, or they
    are cut off."""

    chunks: tuple[PngChunk, ...]
    damaged: tuple[bytes, ...]


def parse(data: bytes) -> Parsed:
    at = len(SIGNATURE)
    found: list[PngChunk] = []
    damaged: list[bytes] = []
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunk = PngChunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + length])
        if data[at + 8 + length : at + 12 + length] == chunk.packed[-4:]:
            found.append(chunk)
        else:
            damaged.append(chunk.name)
        at += 12 + length
    return Parsed(tuple(found), tuple(damaged))


def first(chunks: Iterable[PngChunk], name: bytes) -> bytes | None:
    return next((chunk.data for chunk in chunks if chunk.name == name), None)


def unpack(packed: bytes, most: int = _MOST_TEXT) -> bytes:
    """Raises ``zlib.error`` where it is damaged, cut off or longer than ``most`` bytes."""
    unpacking = zlib.decompressobj()
    data = unpacking.decompress(packed, most)
    if not unpacking.eof:
        raise zlib.error("cut off, or too long")
    return data


def density(across: float, down: float, unit: str) -> PngChunk | None:
    """Dots per ``unit``: ``inch``, ``cm``, or ``none``, which is only the shape of a pixel. None for nonsense."""
    per_metre = {"inch": 1 / _INCH, "cm": 100.0}.get(unit)
    if not (0 < across < 1e7 and 0 < down < 1e7) or (per_metre is None and across == down):
        return None
    scale = per_metre or 1000.0  # a ratio need not be of whole numbers
    counts = round(across * scale), round(down * scale)
    return PngChunk(DENSITY, struct.pack(">IIB", *counts, _METRE if per_metre else 0)) if all(counts) else None


def place(x: int, y: int) -> PngChunk:
    """Where the upper left corner lies on a larger picture, in pixels."""
    return PngChunk(PLACE, struct.pack(">iiB", x, y, 0))


def dots_per_inch(chunks: Iterable[PngChunk]) -> tuple[float, float] | None:
    """Across and down, where the chunks say it in metres."""
    said = first(chunks, DENSITY)
    if said is None or len(said) != 9 or said[8] != _METRE:
        return None
    across, down = struct.unpack_from(">II", said)
    return across * _INCH, down * _INCH


def xmp(packet: bytes) -> PngChunk:
    return PngChunk(b"iTXt", _XMP + b"\0\0\0\0\0" + packet)


def xmp_in(chunk: PngChunk) -> bytes | None:
    """The packet, where ``chunk`` holds one. Raises ``zlib.error``."""
    keyword, _, rest = chunk.data.partition(b"\0")
    parts = rest[2:].split(b"\0", 2)  # language, translated keyword, text
    if chunk.name != b"iTXt" or keyword != _XMP or len(parts) < 3:
        return None
    return unpack(parts[2]) if rest[0] else parts[2]


def now() -> PngChunk:
    """In universal time."""
    moment = datetime.now(timezone.utc)
    parts = moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second
    return PngChunk(TIME, struct.pack(">H5B", *parts))


def comment(words: str) -> PngChunk:
    return PngChunk(b"iTXt", b"Comment\0\0\0\0\0" + words.encode())


def raw_profile(kind: str, data: bytes) -> PngChunk:
    """What PNG has no chunk for, as ImageMagick and ExifTool write it: hexadecimal in a text of a well-known name."""
    digits = data.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    words = f"\n{kind}\n{len(data):8}\n{lines}\n".encode("ascii")
    return PngChunk(b"zTXt", f"Raw profile type {kind}".encode("ascii") + b"\0\0" + zlib.compress(words))


def raw_profile_in(chunk: PngChunk, kind: str) -> bytes | None:
    """Raises ``zlib.error`` or ``ValueError`` where it is damaged."""
    keyword, _, rest = chunk.data.partition(b"\0")
    if chunk.name not in TEXTS or keyword != f"Raw profile type {kind}".encode("ascii"):
        return None
    words = unpack(rest[1:]) if chunk.name == b"zTXt" else rest
    return bytes.fromhex("".join(words.decode("latin-1").split("\n")[3:]))
