"""TIFF files, every number as it is in them: tifffile reads their numbers, what those stand for is decided here."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator

import numpy as np
from tifffile import COMPRESSION, PHOTOMETRIC, TiffFile, TiffPage

from server.documents import directory, exif, samples
from server.documents.chunks import PngChunk, density, raw_profile
from server.documents.colours import primaries_chunk
from server.documents.found import DamagedFileError, Found, NotKeptError, Pixels, check_room, foreign

_GRAY = (PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.MINISWHITE)
_COLOURS: dict[int, int] = {
    PHOTOMETRIC.MINISBLACK: 1,
    PHOTOMETRIC.MINISWHITE: 1,
    PHOTOMETRIC.PALETTE: 1,
    PHOTOMETRIC.RGB: 3,
}
_LOSSY = (COMPRESSION.JPEG, COMPRESSION.OJPEG)
_RAW = (PHOTOMETRIC.CFA, PHOTOMETRIC.LINEAR_RAW)
_NAMES = {5: "CMYK", 6: "YCbCr", 8: "Lab", 9: "Lab", 10: "Lab", 4: "a mask's", 32844: "LogLuv", 32845: "LogLuv"}
_ASSOCIATED, _STRAIGHT = 1, 2
_UNSIGNED, _UNDEFINED = 1, 4
_DEEPEST = 16
_SEPARATE = 2

_PHOTOMETRIC = 262
_ORIENTATION, _ICC, _IPTC, _XMP = 274, 34675, 33723, 700
_WHITE, _PRIMARIES = 318, 319
_DESCRIPTION = (269, 270, 271, 272, 285, 305, 306, 316, directory.ARTIST, directory.COPYRIGHT, *range(40091, 40096))
"""Title, description, maker, model, page, program, time, computer, artist, copyright, and what Windows adds."""
_RESOLUTION = (282, 283, 296)
_UNITS = {1: "none", 2: "inch", 3: "cm"}
_LAYOUT = """
NewSubfileType SubfileType ImageWidth ImageLength BitsPerSample Compression PhotometricInterpretation
Thresholding CellWidth CellLength FillOrder StripOffsets SamplesPerPixel RowsPerStrip StripByteCounts
MinSampleValue MaxSampleValue PlanarConfiguration T4Options T6Options PageNumber Predictor ColorMap TileWidth
TileLength TileOffsets TileByteCounts InkSet NumberOfInks DotRange ExtraSamples SampleFormat SMinSampleValue
SMaxSampleValue JPEGTables JPEGProc JPEGInterchangeFormat JPEGInterchangeFormatLength JPEGRestartInterval
JPEGLosslessPredictors JPEGPointTransforms JPEGQTables JPEGDCTables JPEGACTables YCbCrCoefficients
YCbCrSubSampling YCbCrPositioning ImageDepth TileDepth ExifTag GPSTag
"""
"""The names of tags of how the pixels lie in the file."""
_LEAST, _MOST, _LEAST_OF_ANY, _MOST_OF_ANY = 280, 281, 340, 341
_DNG = 50706
_PAGES = 16
"""Looked at: of a pyramid, halves of halves, there are no more."""


def read(data: bytes) -> Found:
    """Raises ``NotKeptError``, ``DamagedFileError``, ``OverpaintError`` (too-large)."""
    with foreign(), TiffFile(io.BytesIO(data)) as file:
        page = file.pages.first
        _check(page, len(data))
        pixels = _pixels(page)
        notices = [*_extra_notices(page), *_page_notices(file), *_range_notices(page), *_dropped(page)]
        return Found(
            pixels,
            _bytes(page, _ICC),
            exif.of_tiff(data, _DESCRIPTION),
            _bytes(page, _XMP),
            _orientation(page),
            tuple(_chunks(page)),
            tuple(notices),
            page.compression in _LOSSY,
        )


def _check(page: TiffPage, length: int) -> None:
    """What can be kept exactly, and is there at all."""
    if _DNG in page.tags or page.photometric in _RAW:
        raise NotKeptError("a camera's raw numbers")
    if page.is_reduced:
        raise NotKeptError("only a preview where its picture should be")
    if page.photometric is PHOTOMETRIC.YCBCR and page.compression in _LOSSY:
        return _check_data(page, length)
    if _PHOTOMETRIC not in page.tags:
        raise NotKeptError("colours of which nothing is said")
    if page.photometric is PHOTOMETRIC.MINISWHITE and _extras(page)[:1] == (_ASSOCIATED,):
        raise NotKeptError("white as zero, multiplied by transparency")
    if page.photometric not in _COLOURS:
        raise NotKeptError(f"{_NAMES.get(int(page.photometric), f'unusual ({int(page.photometric)})')} colours")
    if page.sampleformat not in (_UNSIGNED, _UNDEFINED, None):
        kind = {2: "signed", 3: "floating-point"}.get(int(page.sampleformat), "complex")
        raise NotKeptError(f"{kind} numbers")
    if not isinstance(page.bitspersample, int) or not 1 <= page.bitspersample <= _DEEPEST:
        raise NotKeptError(f"{page.bitspersample} bits a channel")
    if page.imagedepth > 1 or page.samplesperpixel < _COLOURS[page.photometric]:
        raise NotKeptError("an unusual shape")
    if page.photometric is PHOTOMETRIC.PALETTE and page.samplesperpixel > 1:
        raise NotKeptError("a palette with further channels")
    return _check_data(page, length)


def _check_data(page: TiffPage, length: int) -> None:
    samples_each = max(page.samplesperpixel, 3) * (1 if page.bitspersample == 1 else 2)
    check_room(page.imagewidth, page.imagelength, samples_each)
    pieces = zip(page.dataoffsets, page.databytecounts, strict=True)
    if len(page.dataoffsets) < math.prod(page.chunked) or any(not n or at + n > length for at, n in pieces):
        raise DamagedFileError("it is cut off")


def _pixels(page: TiffPage) -> Pixels:
    count = page.samplesperpixel
    raw = page.asarray()
    shape = (page.imagelength, page.imagewidth, count)
    if page.planarconfig == _SEPARATE and count > 1:
        raw = np.moveaxis(raw.reshape(count, *shape[:2]), 0, -1)
    raw = raw.reshape(shape)
    if page.photometric is PHOTOMETRIC.PALETTE:
        return samples.of_palette(raw[..., 0], np.asarray(page.colormap))
    full = samples.at_full(raw, page.bitspersample)
    if page.photometric is PHOTOMETRIC.MINISWHITE:
        full[..., 0] = np.iinfo(full.dtype).max - full[..., 0]
    colours = 1 if page.photometric in _GRAY else 3
    if not _has_alpha(page):
        return np.ascontiguousarray(full[..., :colours])
    kept = np.ascontiguousarray(full[..., : colours + 1])
    return samples.straight(kept) if _extras(page)[0] == _ASSOCIATED else kept


def _extras(page: TiffPage) -> tuple[int, ...]:
    """What the channels beyond the colours are; 0 where the file does not say."""
    said = tuple(int(one) for one in page.extrasamples)
    count = page.samplesperpixel - (1 if page.photometric in (*_GRAY, PHOTOMETRIC.PALETTE) else 3)
    return (said + (0,) * count)[:count]


def _has_alpha(page: TiffPage) -> bool:
    return _extras(page)[:1] in ((_ASSOCIATED,), (_STRAIGHT,))


def _extra_notices(page: TiffPage) -> Iterator[str]:
    count = len(_extras(page)) - _has_alpha(page)
    if count > 0:
        which = "A further channel" if count == 1 else f"{count} further channels"
        verb = "was" if count == 1 else "were"
        yield f"{which} of it, not said to be transparency, {verb} left out."


def _page_notices(file: TiffFile) -> Iterator[str]:
    """Small pictures of the first page are not worth a word."""
    for number in range(1, _PAGES):
        try:
            page = file.pages[number]
        except IndexError:
            return
        if not getattr(page, "is_reduced", False):
            yield "It has several pages; the first was used."
            return


def _range_notices(page: TiffPage) -> Iterator[str]:
    """Twelve bits in sixteen, as instruments write them, and the like."""
    full = (1 << page.bitspersample) - 1
    for code, usual in ((_LEAST, 0), (_MOST, full), (_LEAST_OF_ANY, 0), (_MOST_OF_ANY, full)):
        said = page.tags.valueof(code, usual)
        if {*(said if isinstance(said, tuple) else (said,))} != {usual}:
            yield f"It says that its numbers do not go from 0 to {full}; they were taken as if they did."
            return


def _dropped(page: TiffPage) -> Iterator[str]:
    known = {*_DESCRIPTION, *_RESOLUTION, _ORIENTATION, _ICC, _IPTC, _XMP, _WHITE, _PRIMARIES}
    names = {tag.name for tag in page.tags if tag.code not in known} - {*_LAYOUT.split()}
    if page.photometric is PHOTOMETRIC.YCBCR:
        names.discard("ReferenceBlackWhite")
    if names:
        yield f"Not carried on of what it says: {', '.join(sorted(names))}."


def _orientation(page: TiffPage) -> int | None:
    said = page.tags.valueof(_ORIENTATION)
    return said if said in range(1, 9) else None


def _chunks(page: TiffPage) -> Iterator[PngChunk]:
    across, down, unit = (page.tags.valueof(code) for code in _RESOLUTION)
    said = _ratio(across), _ratio(down)
    if chunk := density(*said, _UNITS.get(2 if unit is None else int(unit), "none")):
        yield chunk
    white, primaries = page.tags.valueof(_WHITE), page.tags.valueof(_PRIMARIES)
    if primaries is not None and len(primaries) == 12 and white is not None and len(white) == 4:
        x, y = (_ratio(white[at : at + 2]) for at in (0, 2))
        places = [_ratio(primaries[at : at + 2]) for at in range(0, 12, 2)]
        yield primaries_chunk((x, y), (places[0], places[1], places[2], places[3], places[4], places[5]))
    if iptc := _bytes(page, _IPTC):
        yield raw_profile("iptc", iptc)


def _ratio(said: object) -> float:
    """A rational as tifffile has it; 0 for none, and for nonsense."""
    if not isinstance(said, tuple) or len(said) != 2 or not said[1]:
        return 0.0
    return float(said[0] / said[1])


def _bytes(page: TiffPage, code: int) -> bytes | None:
    """The bytes of a tag, whatever numbers it is said to be made of."""
    tag = page.tags.get(code)
    if tag is None:
        return None
    handle = page.parent.filehandle
    handle.seek(tag.valueoffset)
    found: bytes = handle.read(tag.valuebytecount)
    return found or None
