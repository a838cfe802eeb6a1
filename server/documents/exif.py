"""EXIF blocks: what is read of them, and how they go with a picture that was turned and changed."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable

from server.documents.chunks import PngChunk, density
from server.documents.directory import (
    EXIF,
    GPS,
    INTEROPERABILITY,
    ORIENTATION,
    DirectoryEntry,
    byte_order,
    read,
    read_below,
    read_first,
    write,
)
from server.wire.geometry import Extent

_HEADER = b"Exif\0\0"
_THUMBNAIL_AT, _THUMBNAIL_BYTES = 0x201, 0x202
_STRIPS_AT, _STRIPS_BYTES = 273, 279
_ACROSS, _DOWN, _UNIT = 282, 283, 296
_WIDTH, _HEIGHT, _PIXELS_ACROSS, _PIXELS_DOWN = 256, 257, 0xA002, 0xA003
_RATIONAL = 5
_UNITS = {1: "none", 2: "inch", 3: "cm"}
_COLOUR_SPACE, _INTEROPERABILITY_INDEX, _SRGB = 0xA001, 1, 1
_MAKER_NOTE = 0x927C
_BROKEN = (ValueError, struct.error, IndexError)

_XMP_ORIENTATION = re.compile(rb'(tiff:Orientation\s*(?:=\s*["\']|>)\s*)([1-8])')
_XMP_SIZES = {b"tiff:ImageWidth": 0, b"tiff:ImageLength": 1, b"exif:PixelXDimension": 0, b"exif:PixelYDimension": 1}
"""What says the width (0) or the height (1)."""
_XMP_SIZE = re.compile(rb'\b(%s)(\s*(?:=\s*["\']|>)\s*)\d+' % b"|".join(_XMP_SIZES))
_XMP_RESOLUTION = re.compile(rb'(\btiff:[XY]Resolution\s*(?:=\s*["\']|>)\s*)(\d+)(?=\s*/\s*\d|\s*["\'<])')
_XMP_THUMBNAILS = re.compile(rb"<(xmp|xap):Thumbnails\b.*?</\1:Thumbnails>", re.DOTALL)


def bare(block: bytes | None) -> bytes | None:
    """Without the header that JPEG puts before it, and some programs in other files too; None where nothing is left."""
    return (block or b"").removeprefix(_HEADER) or None


def orientation(block: bytes | None, packet: bytes | None) -> int:
    """1..8 as TIFF numbers them: of the EXIF block, else of the XMP packet, else 1."""
    said = _numbers(block, ORIENTATION) if block else ()
    if not said and (match := _XMP_ORIENTATION.search(packet or b"")):
        said = (int(match[2]),)
    return int(said[0]) if said and said[0] in range(1, 9) else 1


def upright(block: bytes) -> bytes:
    """The same block of a picture that has been turned, byte for byte but for the orientation and the thumbnail, which
    would still show what was there before the edit. Raises ``ValueError`` for a damaged one."""
    changed = bytearray(block)
    try:
        first, order = read_first(block), byte_order(block)
        if ORIENTATION in first.entries:
            entry = first.entries[ORIENTATION]
            changed[entry.at : entry.at + len(entry.data)] = _number(1, entry, order)
        if first.after:
            _blank_thumbnail(changed, read(block, first.after).entries, order)
            changed[first.after_at : first.after_at + 4] = bytes(4)
    except (struct.error, IndexError) as error:
        raise ValueError(str(error)) from error
    return bytes(changed)


def resized(block: bytes, extent: Extent, scale: int) -> bytes:
    """The same block of a picture that has another size and ``scale`` times the resolution, byte for byte but for
    these. One that is damaged stays as it is."""
    changed = bytearray(block)
    try:
        order, first = byte_order(block), read_first(block).entries
        inner = read_below(block, first, EXIF)
        _resize(changed, first, (_WIDTH, _HEIGHT), extent, order)
        _resize(changed, inner, (_PIXELS_ACROSS, _PIXELS_DOWN), extent, order)
        for entry in (first[code] for code in (_ACROSS, _DOWN) if code in first and first[code].kind == _RATIONAL):
            above, below = struct.unpack_from(f"{order}II", entry.data)
            struct.pack_into(f"{order}II", changed, entry.at, above * scale, below)
    except _BROKEN:
        return block
    return bytes(changed)


def _resize(
    changed: bytearray, entries: dict[int, DirectoryEntry], codes: tuple[int, int], extent: Extent, order: str
) -> None:
    for code, side in zip(codes, (extent.width, extent.height), strict=True):
        entry = entries.get(code)
        if entry is not None and side < 1 << 8 * len(entry.data):
            changed[entry.at : entry.at + len(entry.data)] = _number(side, entry, order)


def upright_packet(packet: bytes) -> bytes:
    """The XMP packet of a picture that has been turned and changed: upright, without thumbnails."""
    return _XMP_ORIENTATION.sub(rb"\g<1>1", _XMP_THUMBNAILS.sub(b"", packet))


def resized_packet(packet: bytes, extent: Extent, scale: int) -> bytes:
    """The XMP packet of a picture that has another size and ``scale`` times the resolution, byte for byte but for
    these."""
    sides = extent.width, extent.height
    sized = _XMP_SIZE.sub(lambda said: said[1] + said[2] + b"%d" % sides[_XMP_SIZES[said[1]]], packet)
    return _XMP_RESOLUTION.sub(lambda said: said[1] + b"%d" % (int(said[2]) * scale), sized)


def resolution(block: bytes | None) -> PngChunk | None:
    """What it says of dots per inch or centimetre."""
    across, down, unit = (_numbers(block, tag) for tag in (_ACROSS, _DOWN, _UNIT)) if block else ((), (), ())
    if not across or not down:
        return None
    return density(across[0], down[0], _UNITS.get(int(unit[0]) if unit else 2, "none"))


def says_adobe_rgb(block: bytes | None) -> bool:
    """How cameras mark Adobe RGB without a profile (DCF 2.0: an uncalibrated colour space, index R03)."""
    block = block or b""
    try:
        inner = read_below(block, read_first(block).entries, EXIF)
    except _BROKEN:
        return False
    index = read_below(block, inner, INTEROPERABILITY).get(_INTEROPERABILITY_INDEX)
    space = inner[_COLOUR_SPACE].numbers(byte_order(block)) if _COLOUR_SPACE in inner else ()
    return index is not None and index.text == "R03" and space != (_SRGB,)


def of_tiff(data: bytes, wanted: Iterable[int]) -> bytes | None:
    """An EXIF block of what a TIFF file says of itself: its tags ``wanted``, and its EXIF and GPS directories but
    for the maker's notes, which point into the file. Raises ``ValueError`` or ``struct.error``."""
    above, order = read_first(data).entries, byte_order(data)
    kept = [above[code] for code in wanted if code in above]
    below = {code: list(_movable(read_below(data, above, code))) for code in (EXIF, GPS)}
    return write(order, kept, below) if kept or any(below.values()) else None


def _movable(entries: dict[int, DirectoryEntry]) -> Iterable[DirectoryEntry]:
    return (entry for code, entry in entries.items() if code not in (_MAKER_NOTE, INTEROPERABILITY))


def _numbers(block: bytes, code: int) -> tuple[float, ...]:
    try:
        entry = read_first(block).entries.get(code)
        return entry.numbers(byte_order(block)) if entry else ()
    except _BROKEN:
        return ()


def _number(value: int, entry: DirectoryEntry, order: str) -> bytes:
    return value.to_bytes(len(entry.data), "little" if order == "<" else "big")


def _blank_thumbnail(changed: bytearray, entries: dict[int, DirectoryEntry], order: str) -> None:
    for place, size in ((_THUMBNAIL_AT, _THUMBNAIL_BYTES), (_STRIPS_AT, _STRIPS_BYTES)):
        if place in entries and size in entries:
            pairs = zip(entries[place].numbers(order), entries[size].numbers(order), strict=False)
            for start, count in pairs:
                end = min(int(start + count), len(changed))
                changed[int(start) : end] = bytes(max(0, end - int(start)))
