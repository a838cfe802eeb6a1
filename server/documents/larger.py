"""A picture made larger: every pixel ``scale`` times in each direction, and room around."""

from __future__ import annotations

import struct

import cv2
import numpy as np

from server.documents import exif
from server.documents.chunks import DENSITY, PLACE, SCALE, TIME, PngChunk, now, xmp, xmp_in
from server.documents.found import Pixels
from server.documents.image import Image
from server.wire.geometry import Bounds, Extent


def enlarged(image: Image, scale: int) -> Image:
    """As large on paper as it was: it says ``scale`` times the resolution."""
    if scale == 1:
        return image
    extent = Extent(image.extent.width * scale, image.extent.height * scale)
    pixels: Pixels = cv2.resize(image.pixels, (extent.width, extent.height), interpolation=cv2.INTER_CUBIC)
    return _saying(image, pixels.reshape(extent.height, extent.width, -1), scale)


def with_room(image: Image, bounds: Bounds) -> Image:
    """What one sees of it through ``bounds``, in its own pixels, which hold all of it; it has alpha where they hold
    more."""
    if bounds == image.raster.bounds:
        return image
    count = (image.pixels.shape[2] + 1) // 2 * 2
    pixels = np.zeros((bounds.height, bounds.width, count), image.pixels.dtype)
    here = pixels[image.raster.bounds.relative_to(bounds).slices]
    here[..., -1] = image.full
    here[..., : image.pixels.shape[2]] = image.pixels
    return _saying(image, pixels, 1)


def without_needless_alpha(image: Image) -> Image:
    if not image.has_alpha or (image.pixels[..., -1] != image.full).any():
        return image
    return Image(np.ascontiguousarray(image.pixels[..., :-1]), image.icc, image.chunks)


def _saying(image: Image, pixels: Pixels, scale: int) -> Image:
    """What a picture says of itself, where its size changed: where it lay on a page is no longer known."""
    extent = Extent(pixels.shape[1], pixels.shape[0])
    kept = (chunk for chunk in image.chunks if chunk.name not in (PLACE, SCALE))
    return Image(pixels, image.icc, tuple(_fitted(chunk, extent, scale) for chunk in kept))


def _fitted(chunk: PngChunk, extent: Extent, scale: int) -> PngChunk:
    if chunk.name == TIME:
        return now()
    if chunk.name == b"eXIf":
        return PngChunk(chunk.name, exif.resized(chunk.data, extent, scale))
    if (packet := xmp_in(chunk)) is not None:
        return xmp(exif.resized_packet(packet, extent, scale))
    if chunk.name != DENSITY or len(chunk.data) != 9:
        return chunk
    across, down, unit = struct.unpack(">IIB", chunk.data)
    return PngChunk(DENSITY, struct.pack(">IIB", across * scale, down * scale, unit)) if unit else chunk
