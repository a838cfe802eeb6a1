"""Rows of pixels, a few milliseconds of work at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..qt import QByteArray
from ..server.client.reading import Veil
from ..server.wire.geometry import Bounds
from ..server.wire.raster import Raster

STRIP_BYTES = 4 << 20
"""Of one row strip: 3 to 8 ms in Krita's own copying and as much again in Python's."""


def strips(crop: Bounds, raster: Raster) -> Iterator[Bounds]:
    yield from rows(crop, raster.channels.per_pixel * raster.depth.nbytes)


def rows(part: Bounds, pixel_bytes: int) -> Iterator[Bounds]:
    count = max(1, STRIP_BYTES // max(1, part.width * pixel_bytes))
    for y in range(part.y, part.bottom, count):
        yield Bounds(part.x, y, part.width, min(count, part.bottom - y))


def blocks(raster: Raster, data: memoryview, veil: Veil | None = None) -> Iterator[tuple[Bounds, QByteArray]]:
    row = raster.nbytes // max(1, raster.bounds.height)
    for strip in strips(raster.bounds, raster):
        at = (strip.y - raster.bounds.y) * row
        block = bytes(data[at : at + row * strip.height])
        yield strip, QByteArray(veil.over(block, replace(raster, bounds=strip)) if veil is not None else block)
