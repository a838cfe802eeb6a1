"""How a block of pixels lies in memory, so that a host can send its own bytes unconverted.

Rows from top to bottom without padding, channels interleaved, little endian.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .geometry import Bounds


class Depth(str, Enum):
    """The number type of one channel. Integers span 0..max, floats 0..1 (values beyond are kept). Only the floats of
    CMYKA and LABA have units of their own, as in Krita: ink 0..100; L 0..100, a and b -128..127."""

    U8 = "u8"
    U16 = "u16"
    U32 = "u32"
    F16 = "f16"
    F32 = "f32"

    @property
    def nbytes(self) -> int:
        return {"u8": 1, "u16": 2, "u32": 4, "f16": 2, "f32": 4}[self.value]


class Channels(str, Enum):
    """The channels of one pixel, in memory order; alpha is straight (not premultiplied)."""

    GRAY = "Y"
    GRAY_ALPHA = "YA"
    RGB = "RGB"
    RGBA = "RGBA"
    BGRA = "BGRA"
    CMYKA = "CMYKA"
    LABA = "LABA"

    @property
    def per_pixel(self) -> int:
        return len(self.value)

    @property
    def has_alpha(self) -> bool:
        return self.value.endswith("A")


class Transfer(str, Enum):
    """What the numbers mean between black and white."""

    PROFILE = "profile"
    """Encoded as the ICC profile says; sRGB where no profile travels."""
    LINEAR = "linear"
    """Linear light in the primaries of the ICC profile (sRGB's where none travels)."""


@dataclass(frozen=True)
class Raster:
    """A rectangle of pixels of one layer: where it lies in the document and how its bytes are laid out."""

    bounds: Bounds
    channels: Channels
    depth: Depth
    transfer: Transfer = Transfer.PROFILE

    @property
    def nbytes(self) -> int:
        """The exact number of bytes of this block."""
        return self.bounds.extent.pixels * self.channels.per_pixel * self.depth.nbytes
