"""Small pictures of what was read and of what comes back, and selections from bytes."""

from __future__ import annotations

from collections.abc import Generator

from krita import Selection

from ..qt import QByteArray, QImage, Qt
from ..server.client.reading import Veil
from ..server.wire.geometry import Bounds
from ..server.wire.raster import Raster
from .blocks import blocks
from .spaces import SRGB, KritaSpace, conversion

LARGEST_PICTURE = 320
"""Pixels a side of what the docker shows of an answer: its width, twice on a fine screen is near enough."""


def picture(
    space: KritaSpace, raster: Raster, data: memoryview, part: Bounds, veil: Veil | None = None
) -> Generator[None, None, QImage]:
    """A small picture for the docker, in sRGB, of ``part`` (document pixels) of ``data``, which may lie elsewhere: then
    nothing is there."""
    shown = KritaSpace("RGBA", "U8", SRGB)
    step = max(1, part.extent.longest // (2 * LARGEST_PICTURE))
    width, height = -(-part.width // step), -(-part.height // step)
    inside, made = part.intersect(raster.bounds), bytearray(4 * width * height)
    skipped = -(-(inside.x - part.x) // step)
    with conversion(space, shown) as convert:
        for strip, block in blocks(raster, data, veil):
            pixels = memoryview(bytes(convert(block, strip))).cast("I")
            for row, y in enumerate(range(part.y, part.bottom, step)):
                if strip.y <= y < strip.bottom and not inside.empty:
                    line = (y - strip.y) * strip.width - strip.x
                    found = bytes(pixels[line + part.x + skipped * step : line + inside.right : step])
                    at = 4 * (row * width + skipped)
                    made[at : at + len(found)] = found
            yield
    image = QImage(bytes(made), width, height, 4 * width, QImage.Format.Format_ARGB32)
    keep_ratio, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.scaled(LARGEST_PICTURE, LARGEST_PICTURE, keep_ratio, smooth)


def selection_of(mask: bytes | bytearray, bounds: Bounds) -> Selection:
    """A selection from one byte a pixel."""
    selection = Selection()
    selection.setPixelData(QByteArray(bytes(mask)), bounds.x, bounds.y, bounds.width, bounds.height)
    return selection
