"""Alpha in rows of pixels as they lie in memory, a byte at a time and all pixels at once. No gi, and no numpy in hosts.

A *shape* is one byte for each pixel: 255 where something is to be seen, 0 where nothing is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..wire.geometry import Bounds
from ..wire.raster import Depth, Raster

if TYPE_CHECKING:  # a host's menu is there without pyzmq too
    from ..wire.frames import Buffer

_SEEN = bytes([0]) + bytes([255]) * 255
"""A table for ``bytes.translate``: whatever is not 0 counts."""

_FULL = {
    Depth.U8: b"\xff",
    Depth.U16: b"\xff" * 2,
    Depth.U32: b"\xff" * 4,
    Depth.F16: b"\x00\x3c",
    Depth.F32: b"\x00\x00\x80\x3f",
}
"""An alpha of 1, little endian."""


def shape(data: Buffer, raster: Raster) -> bytes:
    """Where the pixels of ``data`` are not fully transparent; everywhere without an alpha."""
    if not raster.channels.has_alpha:
        return everywhere(raster.bounds.extent.pixels)
    return samples_shape(bytes(data), raster.depth, raster.channels.per_pixel)


def samples_shape(data: bytes, depth: Depth, channels: int = 1) -> bytes:
    """Where the last of ``channels`` samples is not 0."""
    found, size = 0, depth.nbytes
    for plane in range(size):
        seen = data[(channels - 1) * size + plane :: channels * size].translate(_SEEN)
        found |= int.from_bytes(seen, "little")
    return found.to_bytes(len(data) // (channels * size), "little")


def everywhere(pixels: int) -> bytes:
    return b"\xff" * pixels


def padded(shape: bytes, inner: Bounds, outer: Bounds) -> bytes:
    """A shape of ``inner`` as one of ``outer``, which holds it: nowhere beyond."""
    left, right = bytes(inner.x - outer.x), bytes(outer.right - inner.right)
    rows = (left + shape[at : at + inner.width] + right for at in range(0, len(shape), inner.width))
    over, under = bytes(outer.width * (inner.y - outer.y)), bytes(outer.width * (outer.bottom - inner.bottom))
    return over + b"".join(rows) + under


def both(one: bytes, other: bytes) -> bytes:
    """Where both shapes are."""
    return (int.from_bytes(one, "little") & int.from_bytes(other, "little")).to_bytes(len(one), "little")


def either(one: bytes, other: bytes) -> bytes:
    """Where one of the shapes is."""
    return (int.from_bytes(one, "little") | int.from_bytes(other, "little")).to_bytes(len(one), "little")


def filled(data: Buffer, raster: Raster) -> bytes:
    """``data`` with every pixel opaque that is not fully transparent."""
    there = shape(data, raster)
    made = bytearray(data)
    for plane, value in enumerate(_FULL[raster.depth]):
        made[_plane(raster, plane)] = there.translate(bytes([0]) + bytes([value]) * 255)
    return bytes(made)


def as_stencil(mask: Buffer, depth: Depth) -> bytes:
    """Gray with alpha: black, as opaque as the samples of ``mask`` are large."""
    data, size = bytes(mask), depth.nbytes
    made = bytearray(2 * len(data))
    for plane in range(size):
        made[size + plane :: 2 * size] = data[plane::size]
    return bytes(made)


def within(data: Buffer, raster: Raster, limit: bytes) -> bytes:
    """``data`` with every pixel transparent that is not in the shape ``limit``; the others keep what they have."""
    made = bytearray(data)
    for plane in range(raster.depth.nbytes):
        place = _plane(raster, plane)
        made[place] = both(bytes(made[place]), limit)
    return bytes(made)


def _plane(raster: Raster, number: int) -> slice:
    """Byte ``number`` of each pixel's alpha."""
    size, channels = raster.depth.nbytes, raster.channels.per_pixel
    return slice((channels - 1) * size + number, None, channels * size)
