"""Reading a layer and its selection, and showing what comes back."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from krita import Selection

from ..qt import QByteArray, QImage, Qt
from ..server.wire.geometry import Bounds
from ..server.wire.raster import Channels, Depth, Raster
from .blocks import blocks, strips
from .documents import find_document, find_node, refused
from .source import PAINTED, Source
from .spaces import NATIVE, SRGB, Space, conversion, profile_bytes


@dataclass(frozen=True, eq=False)
class Pixels:
    """A crop in bytes of ``space``, which is the layer's own where the server knows it. ``mask`` has one byte a pixel,
    255 = repaint; None: the whole crop."""

    space: Space
    raster: Raster
    data: bytearray
    mask: bytearray | None
    icc: bytes | None


def read(source: Source, crop: Bounds) -> Generator[None, None, Pixels]:
    """The crop of the layer and of the selection. A colour space that the server has no name for, or whose profile
    cannot be had, is converted to 16-bit sRGB by Krita."""
    native = (source.space.model, source.space.depth) in NATIVE
    icc = (yield from profile_bytes(source.space)) if native else None
    space = source.space if icc else Space("RGBA", "U16", SRGB)
    if icc is None:
        icc = yield from profile_bytes(space)
    raster = Raster(crop, NATIVE[space.model, space.depth], Depth(space.depth.lower()))
    data = bytearray(raster.nbytes)
    at = 0
    with conversion(source.space, space) as convert:
        for strip in strips(crop, raster):
            block = convert(_block(source, strip), strip)
            data[at : at + len(block)] = block
            at += len(block)
            yield
    if at != raster.nbytes:
        raise refused("short", name=source.name)
    mask = (yield from _read_mask(source.chosen, crop)) if source.chosen is not None else None
    return Pixels(space, raster, data, mask, icc)


def _block(source: Source, strip: Bounds) -> QByteArray:
    """Looks the document and the layer up anew: between two strips they may go, and libkis would crash on them."""
    document = find_document(source.document_id)
    node = find_node(document, source.node_id) if document is not None else None
    if node is None:
        raise refused("layer-gone", name=source.name)
    read_pixels = node.pixelData if node.type() in PAINTED else node.projectionPixelData
    return read_pixels(strip.x, strip.y, strip.width, strip.height)


def _read_mask(chosen: Selection, crop: Bounds) -> Generator[None, None, bytearray]:
    raster = Raster(crop, Channels.GRAY, Depth.U8)
    mask = bytearray(raster.nbytes)
    at = 0
    for strip in strips(crop, raster):
        block = chosen.pixelData(strip.x, strip.y, strip.width, strip.height)
        mask[at : at + len(block)] = block
        at += len(block)
        yield
    return mask


LARGEST_PICTURE = 320
"""Pixels a side of what the docker shows of an answer: its width, twice on a fine screen is near enough."""


def picture(space: Space, raster: Raster, data: memoryview, part: Bounds) -> Generator[None, None, QImage]:
    """A small picture for the docker, in sRGB, of ``part`` (document pixels) of ``data``."""
    shown = Space("RGBA", "U8", SRGB)
    step = max(1, part.extent.longest // (2 * LARGEST_PICTURE))
    width, height = -(-part.width // step), -(-part.height // step)
    left, rows = part.x - raster.bounds.x, bytearray()
    with conversion(space, shown) as convert:
        for strip, block in blocks(raster, data):
            pixels = memoryview(bytes(convert(block, strip))).cast("I")
            for y in range(part.y, part.bottom, step):
                if strip.y <= y < strip.bottom:
                    start = (y - strip.y) * strip.width + left
                    rows += bytes(pixels[start : start + part.width : step])
            yield
    image = QImage(bytes(rows), width, height, 4 * width, QImage.Format.Format_ARGB32)
    keep_ratio, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.scaled(LARGEST_PICTURE, LARGEST_PICTURE, keep_ratio, smooth)


def selection_of(mask: bytes | bytearray, bounds: Bounds) -> Selection:
    """A selection from one byte a pixel."""
    selection = Selection()
    selection.setPixelData(QByteArray(bytes(mask)), bounds.x, bounds.y, bounds.width, bounds.height)
    return selection
