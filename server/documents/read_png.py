"""PNG files, every number as it is in them: their pixels by libpng, what they say by their chunks."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence

import imagecodecs

from server.documents import chunks
from server.documents.chunks import PngChunk, first
from server.documents.exif import bare
from server.documents.found import DamagedFileError, Found, Pixels, check_held, check_room, foreign

_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
"""All that its decoder sees: what a profile or a text has in it cannot stop it."""
_SPOKEN_FOR = (b"iCCP", b"eXIf", *_PIXELS)
_ANIMATION = (b"acTL", b"fcTL", b"fdAT")
_BACKGROUND = b"bKGD"
_KEPT = (*chunks.COLOUR, chunks.DENSITY, chunks.PLACE, chunks.SCALE, _BACKGROUND, chunks.TIME, *chunks.TEXTS)
_ONCE = {*_KEPT} - {*chunks.TEXTS}
_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
_BITS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PALETTE = 3
_RESOURCES = b"Raw profile type 8bim\0"
_SAFE_TO_COPY = 0x20
_MOST_PROFILE = 1 << 28
_DEFLATE_MOST = 1032
"""No byte of a zlib stream can stand for more."""


def read(data: bytes) -> Found:
    """Raises ``DamagedFileError``, ``OverpaintError`` (too-large)."""
    parsed = chunks.parse(data)
    header = first(parsed.chunks, b"IHDR")
    if header is None or len(header) != 13:
        raise DamagedFileError("it is cut off at its beginning")
    if any(name in _PIXELS for name in parsed.damaged):
        raise DamagedFileError("it is cut off, or damaged")
    pixels = _pixels(parsed.chunks, header)
    notices = [f"Damaged, and left out: {_listed(parsed.damaged)}."] if parsed.damaged else []
    icc, exif, xmp, kept = _said(parsed.chunks, notices)
    if any(chunk.name in _ANIMATION for chunk in parsed.chunks):
        notices.append("It is an animation; its still picture was used.")
    if dropped := [chunk.name for chunk in parsed.chunks if not _goes_on(chunk)]:
        notices.append(f"Not carried on: {_listed(dropped)}.")
    said = (_as_written(chunk, pixels, header, first(parsed.chunks, b"PLTE") or b"") for chunk in kept)
    return Found(pixels, icc, exif, xmp, None, tuple(chunk for chunk in said if chunk.data), tuple(notices))


def _pixels(every: Sequence[PngChunk], header: bytes) -> Pixels:
    width, height, bits, kind = struct.unpack_from(">IIBB", header)
    if bits not in _BITS.get(kind, ()):
        raise DamagedFileError("its header makes no sense")
    channels = _CHANNELS[kind] + (first(every, b"tRNS") is not None)
    check_room(width, height, channels * (2 if bits == 16 else 1))
    packed = sum(len(chunk.data) for chunk in every if chunk.name == b"IDAT")
    row = (width * (1 if kind == _PALETTE else _CHANNELS[kind]) * bits + 7) // 8
    check_held(row * height, packed, _DEFLATE_MOST)
    essential = b"".join(chunk.packed for chunk in every if chunk.name in _PIXELS)
    with foreign():
        pixels: Pixels = imagecodecs.png_decode(chunks.SIGNATURE + essential).reshape(height, width, -1)
        return pixels


def _said(
    every: Sequence[PngChunk], notices: list[str]
) -> tuple[bytes | None, bytes | None, bytes | None, list[PngChunk]]:
    """The profile, the EXIF block, the XMP packet, and the chunks to keep."""
    icc = _profile(first(every, b"iCCP"), notices)
    exif, xmp = bare(first(every, b"eXIf")), None
    kept: list[PngChunk] = []
    for chunk in _wanted(every):
        if chunk.name in chunks.TEXTS and chunk.data.startswith(_RESOURCES):
            notices.append("Not carried on: Photoshop's resources, which have a small picture of it as it was.")
            continue
        try:
            packet, block = chunks.xmp_in(chunk), _exif_text(chunk)
        except (zlib.error, ValueError, IndexError):
            notices.append("A text in it is damaged and was left out.")
            continue
        xmp = xmp or packet
        exif = exif or bare(block)
        if packet is None and block is None:
            kept.append(chunk)
    return icc, exif, xmp, kept


def _exif_text(chunk: PngChunk) -> bytes | None:
    """As programs kept it before PNG had a chunk for it."""
    if block := chunks.raw_profile_in(chunk, "exif"):
        return block
    block = chunks.raw_profile_in(chunk, "APP1")  # or another kind of block that a JPEG has there
    return block if block and block != bare(block) else None


def _wanted(every: Sequence[PngChunk]) -> Iterator[PngChunk]:
    seen = set()
    for chunk in every:
        if (
            _goes_on(chunk)
            and chunk.name not in _SPOKEN_FOR
            and chunk.name not in _ANIMATION
            and chunk.name not in seen
        ):
            yield chunk
            seen |= {chunk.name} & _ONCE


def _goes_on(chunk: PngChunk) -> bool:
    """Whether it says something that still holds after an edit: by PNG's own rule for what a program does not know."""
    known = chunk.name in _KEPT or chunk.name in _SPOKEN_FOR or chunk.name in _ANIMATION
    return known or bool(chunk.name[3:] and chunk.name[3] & _SAFE_TO_COPY)


def _profile(packed: bytes | None, notices: list[str]) -> bytes | None:
    if packed is None:
        return None
    try:
        return chunks.unpack(packed.partition(b"\0")[2][1:], _MOST_PROFILE)
    except zlib.error:
        notices.append("Its colour profile is damaged and was left out; its colours were read as sRGB.")
        return None


def _as_written(chunk: PngChunk, pixels: Pixels, header: bytes, palette: bytes) -> PngChunk:
    """What is said of channels as they were, said of those that ``pixels`` have: without palette, 8 or 16 bits."""
    bits, kind = header[8:10]
    if chunk.name == b"sBIT":  # of an alpha channel that was a palette's, or a colour key, all bits count
        missing = pixels.shape[2] - len(chunk.data)
        return PngChunk(chunk.name, chunk.data + bytes([8 * pixels.dtype.itemsize]) * max(0, missing))
    if chunk.name == _BACKGROUND and kind == _PALETTE:
        colour = palette[3 * chunk.data[0] : 3 * chunk.data[0] + 3] if chunk.data else b""
        return PngChunk(chunk.name, b"".join(bytes([0, one]) for one in colour))
    if chunk.name == _BACKGROUND and bits < 8:
        return PngChunk(chunk.name, bytes(one * (255 // ((1 << bits) - 1)) & 255 for one in chunk.data))
    return chunk


def _listed(names: Sequence[bytes]) -> str:
    return ", ".join(dict.fromkeys("its chunk " + name.decode("ascii", "replace") for name in names))
