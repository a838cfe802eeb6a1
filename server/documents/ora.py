"""OpenRaster files: layers as Krita, GIMP and MyPaint read them (https://www.openraster.org/baseline/)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np

from server.documents import chunks, png
from server.documents.found import Pixels
from server.documents.image import Image
from server.documents.saving import write_whole
from server.wire.geometry import Bounds

_THUMBNAIL = 256


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer with its upper left corner at (x, y) of the picture."""

    name: str
    image: Image
    x: int = 0
    y: int = 0
    visible: bool = True

    @property
    def bounds(self) -> Bounds:
        return Bounds(self.x, self.y, self.image.extent.width, self.image.extent.height)


def write(path: Path, layers: Sequence[Layer], merged: Image) -> None:
    """``layers`` from the top down; ``merged`` is what they show together. The file is written whole or not at all."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("mimetype", "image/openraster")
        archive.writestr("stack.xml", _stack(layers, merged))
        for number, layer in enumerate(layers):
            archive.writestr(_source(number), png.encode(layer.image))
        archive.writestr("mergedimage.png", png.encode(merged))
        archive.writestr("Thumbnails/thumbnail.png", png.encode(_thumbnail(merged)))
    write_whole(path, buffer.getvalue())


def _stack(layers: Sequence[Layer], merged: Image) -> bytes:
    size = {"w": str(merged.extent.width), "h": str(merged.extent.height)}
    image = ElementTree.Element("image", {"version": "0.0.3", **size, **_resolution(merged)})
    stack = ElementTree.SubElement(image, "stack")
    for number, layer in enumerate(layers):
        attributes = {
            "name": _printable(layer.name),
            "src": _source(number),
            "x": str(layer.x),
            "y": str(layer.y),
            "opacity": "1.0",
            "visibility": "visible" if layer.visible else "hidden",
            "composite-op": "svg:src-over",
        }
        ElementTree.SubElement(stack, "layer", attributes)
    buffer = io.BytesIO()
    ElementTree.ElementTree(image).write(buffer, "UTF-8", xml_declaration=True)
    return buffer.getvalue()


def _resolution(image: Image) -> dict[str, str]:
    """Whole dots per inch, which is all that the format has; each layer's PNG says it exactly."""
    dots = chunks.dots_per_inch(image.chunks)
    return (
        {}
        if dots is None
        else {name: str(max(1, round(one))) for name, one in zip(("xres", "yres"), dots, strict=True)}
    )


def _source(number: int) -> str:
    return f"data/layer{number}.png"


def _printable(name: str) -> str:
    """XML cannot hold control characters, not even escaped."""
    return "".join(letter if letter.isprintable() else " " for letter in name)


def _thumbnail(image: Image) -> Image:
    scale = min(1.0, _THUMBNAIL / image.extent.longest)
    size = (max(1, round(image.extent.width * scale)), max(1, round(image.extent.height * scale)))
    small: Pixels = cv2.resize(image.pixels, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], -1)
    shallow = small if small.dtype == np.uint8 else small >> 8
    return Image(shallow.astype(np.uint8), image.icc, image.shown_by)
