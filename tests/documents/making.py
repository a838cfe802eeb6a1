"""Files as other programs write them, made here number by number, and what they must be read as."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image as Pillow
from PIL import ImageCms

from server.documents import chunks, image
from server.documents.chunks import PngChunk
from server.documents.image import Image

HEIGHT, WIDTH = 20, 28
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
"""The first column and row of each pass, and its steps (PNG, section 8.1)."""


def numbers(channels: int, bits: int = 8, *, seed: int = 1, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """(height, width, channels), every number of ``bits`` alike likely."""
    kind = np.uint8 if bits <= 8 else np.uint16
    return np.random.default_rng(seed).integers(0, (1 << bits) - 1, (height, width, channels), kind, endpoint=True)


def png(
    pixels: np.ndarray, kind: int, bits: int, *said: PngChunk, after: Sequence[PngChunk] = (), interlaced=False
) -> bytes:
    """``pixels``: (H, W, samples), palette indices for kind 3. ``said`` comes before the pixels, ``after`` behind."""
    passes = [(0, 0, 1, 1)] if not interlaced else ADAM7
    raw = b"".join(_rows(pixels[y::down, x::across], bits) for x, y, across, down in passes)
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], bits, kind, 0, 0, int(interlaced))
    body = [
        PngChunk(b"IHDR", header),
        *said,
        PngChunk(b"IDAT", chunks.zlib.compress(raw)),
        *after,
        PngChunk(b"IEND", b""),
    ]
    return chunks.SIGNATURE + b"".join(chunk.packed for chunk in body)


def _rows(pixels: np.ndarray, bits: int) -> bytes:
    """Each with its filter, none."""
    return b"".join(b"\0" + packed(row[None], bits) for row in pixels) if pixels.size else b""


def packed(pixels: np.ndarray, bits: int) -> bytes:
    """Rows of numbers, big endian, small ones packed from the left of their bytes."""
    flat = pixels.reshape(pixels.shape[0], -1)
    if bits >= 8:
        return flat.astype(f">u{bits // 8}").tobytes()
    places = np.arange(bits - 1, -1, -1)
    return b"".join(np.packbits(row[:, None] >> places & 1).tobytes() for row in flat)


def tiff(pixels: np.ndarray, **said: object) -> bytes:
    """As tifffile writes it; ``tags``: (code, type, count, value) beside its own."""
    tags = [(*tag, True) for tag in said.pop("tags", ())]
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, metadata=None, extratags=tags, **said)
    return buffer.getvalue()


def bare_tiff(data: bytes, **tags: int | Sequence[int]) -> bytes:
    """Little endian, one strip, of just these tags (``t256`` is tag 256), as a library would not write it."""
    start = 8 + len(data) + len(data) % 2
    entries = {int(name[1:]): [value] if isinstance(value, int) else list(value) for name, value in tags.items()}
    entries |= {273: [8], 279: [len(data)]}
    table, tail = struct.pack("<H", len(entries)), b""
    for code, values in sorted(entries.items()):
        kind, letter = (4, "I") if max(values) > 65535 else (3, "H")
        packed = struct.pack(f"<{len(values)}{letter}", *values)
        place = struct.pack("<I", start + 2 + 12 * len(entries) + 4 + len(tail))
        table += struct.pack("<HHI", code, kind, len(values)) + (packed.ljust(4, b"\0") if len(packed) <= 4 else place)
        tail += packed if len(packed) > 4 else b""
    return b"II*\0" + struct.pack("<I", start) + data + b"\0" * (len(data) % 2) + table + bytes(4) + tail


def by_pillow(pixels: np.ndarray, form: str, **said: object) -> bytes:
    """``mode``: what the pixels are turned into first."""
    mode, buffer = said.pop("mode", None), io.BytesIO()
    picture = Pillow.fromarray(pixels.squeeze())
    (picture.convert(mode) if mode else picture).save(buffer, form, **said)
    return buffer.getvalue()


def by_pillow_read(data: bytes, mode: str) -> np.ndarray:
    pixels = np.asarray(Pillow.open(io.BytesIO(data)).convert(mode))
    return pixels.reshape(*pixels.shape[:2], -1)


def exif(orientation: int = 1, **words: str) -> bytes:
    """An EXIF block (a TIFF structure) with an orientation, an artist and a copyright."""
    block = Pillow.Exif()
    block[274] = orientation
    for code, text in ((315, words.get("artist")), (33432, words.get("copyright"))):
        if text:
            block[code] = text
    return block.tobytes().removeprefix(b"Exif\0\0")


def read(folder: Path, data: bytes, ending: str = "png") -> Image:
    path = folder / f"picture.{ending}"
    path.write_bytes(data)
    return image.read(path)


def said(picture: Image, name: bytes) -> list[bytes]:
    return [chunk.data for chunk in picture.chunks if chunk.name == name]


def turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """As a viewer shows it, said in another way than the reader does: where each pixel of the upright picture lies."""
    height, width = pixels.shape[:2]
    up_height, up_width = (width, height) if orientation > 4 else (height, width)
    y, x = np.mgrid[0:up_height, 0:up_width]
    row, column = {
        1: (y, x),
        2: (y, width - 1 - x),
        3: (height - 1 - y, width - 1 - x),
        4: (height - 1 - y, x),
        5: (x, y),
        6: (height - 1 - x, y),
        7: (height - 1 - x, width - 1 - y),
        8: (x, width - 1 - y),
    }[orientation]
    return pixels[row, column]
