"""A picture file as its own numbers: 8 or 16 bits, nothing converted that need not be."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageOps
from PIL.TiffImagePlugin import BITSPERSAMPLE, TiffImageFile

from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds, Extent
from server.wire.raster import Channels, Depth, Raster

Pixels = npt.NDArray[Any]
"""(H, W, C) of uint8 or uint16."""

_CHANNELS = {1: Channels.GRAY, 2: Channels.GRAY_ALPHA, 3: Channels.RGB, 4: Channels.RGBA}
_PNG_DEPTH_AT = 24

_FORMATS = ("PNG", "TIFF", "JPEG", "MPO", "WEBP")
"""No other decoder of Pillow's sees a file: some run another program (EPS), some have not been looked at for long.
(MPO: a JPEG with a second picture in it, as some cameras write them.)"""

_BROKEN = (OSError, SyntaxError, ValueError, ArithmeticError, LookupError, EOFError, MemoryError, struct.error,
           zlib.error, cv2.error, Pillow.DecompressionBombError)  # fmt: skip
"""What Pillow and OpenCV raise for files that are not what they say."""

_MODES = {"1": "L", "L": "L", "LA": "LA", "La": "LA", "RGB": "RGB", "RGBA": "RGBA", "RGBX": "RGB", "RGBa": "RGBA"}


@dataclass(frozen=True, eq=False)
class Image:
    """pixels: (H, W, C), uint8 or uint16, C = 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA, alpha straight.
    icc: the profile of the colours; None for sRGB."""

    pixels: Pixels
    icc: bytes | None = None

    @property
    def extent(self) -> Extent:
        height, width = self.pixels.shape[:2]
        return Extent(width, height)

    @property
    def depth(self) -> Depth:
        return Depth.U8 if self.pixels.dtype == np.uint8 else Depth.U16

    @property
    def full(self) -> int:
        """The number that stands for white, or opaque."""
        return int(np.iinfo(self.pixels.dtype).max)

    @property
    def raster(self) -> Raster:
        width, height = self.extent.width, self.extent.height
        return Raster(Bounds(0, 0, width, height), _CHANNELS[self.pixels.shape[2]], self.depth)

    def part(self, bounds: Bounds) -> bytes:
        """The bytes of a rectangle, as its raster describes them."""
        return self._little(self.pixels[bounds.y : bounds.bottom, bounds.x : bounds.right]).tobytes()

    @staticmethod
    def _little(pixels: Pixels) -> Pixels:
        return pixels.astype(pixels.dtype.newbyteorder("<"), copy=False)

    @classmethod
    def from_bytes(cls, data: bytes | memoryview, raster: Raster, icc: bytes | None) -> Image:
        kind = "<u1" if raster.depth is Depth.U8 else "<u2"
        shape = (raster.bounds.height, raster.bounds.width, raster.channels.per_pixel)
        return cls(np.frombuffer(data, kind).reshape(shape), icc)


def read(path: Path) -> Image:
    """Raises ``OverpaintError`` (bad-request) for a file that is missing, no picture, or of a kind that cannot be kept
    exactly (CMYK, floating point)."""
    try:
        with Pillow.open(path, formats=_FORMATS) as opened:
            icc = opened.info.get("icc_profile")
            pixels = _deep(path) if _is_deep(path, opened) else _shallow(path, opened)
    except FileNotFoundError:
        raise OverpaintError(Code.BAD_REQUEST, f"There is no file {path}.", "Check the name.") from None
    except _BROKEN as error:
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"{path} cannot be read as a picture ({error}).",
            "8- or 16-bit PNG and TIFF, JPEG and WebP can be read.",
        ) from error
    return Image(pixels, icc or None)


def read_mask(path: Path, extent: Extent) -> Image:
    """A picture as a mask: one gray channel, white = repaint, transparent = keep; bad-request for another size."""
    image = read(path)
    if image.extent != extent:
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"The mask is {image.extent.width} × {image.extent.height} pixels, "
            f"the picture {extent.width} × {extent.height}.",
            "Save the mask at the size of the picture: white where it may change, black elsewhere.",
        )
    return Image(_gray(image), None)


def _gray(image: Image) -> Pixels:
    pixels, count = image.pixels, image.pixels.shape[2]
    gray = pixels[..., :1] if count < 3 else pixels[..., :3].mean(axis=2, keepdims=True)
    if count in (2, 4):
        gray = gray * (pixels[..., -1:] / image.full)
    return np.round(gray).astype(pixels.dtype)


def _is_deep(path: Path, opened: Pillow.Image) -> bool:
    if opened.format == "PNG":
        with path.open("rb") as file:
            return file.read(_PNG_DEPTH_AT + 1)[_PNG_DEPTH_AT] == 16
    return isinstance(opened, TiffImageFile) and 16 in opened.tag_v2.get(BITSPERSAMPLE, ())


def _deep(path: Path) -> Pixels:
    """16 bits, which Pillow would reduce to 8 where there is colour."""
    read = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if read is None:
        raise _unusual(path, "this kind of TIFF or PNG")
    pixels = read.reshape(*read.shape[:2], -1)
    if pixels.dtype not in (np.uint8, np.uint16):
        raise _unusual(path, f"{pixels.dtype} numbers")
    order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}.get(pixels.shape[2])
    return np.ascontiguousarray(pixels[..., order] if order else pixels)


def _shallow(path: Path, opened: Pillow.Image) -> Pixels:
    image = ImageOps.exif_transpose(opened)
    if image.mode == "P" or (image.mode == "RGB" and "transparency" in image.info):
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.mode not in _MODES:
        raise _unusual(path, f"{image.mode} colours")
    pixels = np.asarray(image.convert(_MODES[image.mode]))
    return pixels.reshape(*pixels.shape[:2], -1)


def _unusual(path: Path, what: str) -> OverpaintError:
    return OverpaintError(
        Code.BAD_REQUEST,
        f"{path} has {what}, which cannot be kept exactly.",
        "Save it as an 8- or 16-bit RGB or gray PNG or TIFF.",
    )
