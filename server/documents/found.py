"""What a reader takes from a file, before it is turned upright, and how it says that something cannot be kept."""

from __future__ import annotations

import logging
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
import psutil
from PIL import UnidentifiedImageError

from server.documents.chunks import PngChunk
from server.wire.errors import Code, OverpaintError

Pixels = npt.NDArray[Any]
"""(H, W, C) of uint8 or uint16."""

_SPEECHLESS = (TypeError, LookupError, AttributeError, ArithmeticError, struct.error, UnidentifiedImageError)
"""Their words are for programmers."""

for _decoder in ("tifffile", "imagecodecs"):
    logging.getLogger(_decoder).setLevel(
        logging.CRITICAL
    )  # what they log of a file is said in our own words, or is nothing

_COPIES = 3
"""Of the pixels, held at once while they are decoded, turned and written."""


class NotKeptError(Exception):
    """The file is sound, but holds ``what`` (for a sentence: “has CMYK colours”), which cannot be kept exactly."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class DamagedFileError(Exception):
    """The file is not what it says it is."""


@dataclass(frozen=True, eq=False)
class Found:
    """pixels: (H, W, C) as stored, uint8 or uint16, C = 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA, alpha straight.
    icc: the profile in the file. exif: a TIFF structure, as an eXIf chunk has it; xmp: a packet. orientation: 1..8
    where the file has a place of its own for it, else None. chunks: all else it says. notices: sentences about what was
    not taken. lossy: the numbers are not exactly those that were saved."""

    pixels: Pixels
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    orientation: int | None = None
    chunks: tuple[PngChunk, ...] = ()
    notices: tuple[str, ...] = ()
    lossy: bool = False


@contextmanager
def foreign() -> Iterator[None]:
    """Around a decoder at work on a stranger's file: whatever it makes of it is ``DamagedFileError`` with its words."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (NotKeptError, DamagedFileError, OverpaintError):
        raise
    except Exception as error:
        said = "" if isinstance(error, _SPEECHLESS) else str(error).strip().partition("\n")[0]
        raise DamagedFileError(said or "it is damaged, or of an unusual kind") from error


def check_room(width: int, height: int, bytes_per_pixel: int) -> None:
    """Raises ``OverpaintError`` (too-large) before anything is unpacked that would not fit into the memory there is,
    and ``DamagedFileError`` where there is nothing."""
    if width < 1 or height < 1:
        raise DamagedFileError("it has no pixels")
    needed, free = width * height * bytes_per_pixel * _COPIES, psutil.virtual_memory().available
    if needed > free:
        raise OverpaintError(
            Code.TOO_LARGE,
            f"The picture is {width} × {height} pixels; unpacked it would need {_size(needed)} of memory, "
            f"and {_size(free)} are free.",
            "Close other programs, or cut out the part to change.",
        )


def check_held(amount: int, data: int, most: int) -> None:
    """Raises ``DamagedFileError`` where ``data`` bytes, each worth ``most`` at best, cannot hold what the header
    promises: it is cut off, or lies."""
    if data * most < amount:
        raise DamagedFileError("it is cut off")


def _size(count: int) -> str:
    return f"{count / 2**30:,.1f} GB" if count >= 1 << 30 else f"{count / 2**20:.0f} MB"
