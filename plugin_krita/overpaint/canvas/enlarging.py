"""A larger picture: a copy of the document that is enlarged and has room for the answer, in a view of its own.

libkis cannot put several steps together to one, and the document's size, its room and the answer would be three. So the
person's document stays as it is.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

from krita import Document, Krita, Node

from ..server.client.wording import problem
from ..server.wire.geometry import Bounds
from ..tasks import NEXT_TURN
from .destination import check_fit, open_document, place_in, shift
from .documents import canvas_of
from .ground import at_rest, copy_at_rest
from .placing import KritaNewLayer, filled_layer
from .source import KritaSource
from .spaces import KritaSpace
from .taking import Fit

LARGEST = 1 << 16
"""Pixels a side of a picture that is made."""


@dataclass(frozen=True, eq=False)
class LargerPicture:
    """document: the copy; layer: the answer in it, which lies at ``bounds``."""

    document: Document
    layer: Node
    bounds: Bounds


def enlarge(
    source: KritaSource, space: KritaSpace, fit: Fit | None, layer: KritaNewLayer, scale: int
) -> Generator[bool | None, None, LargerPicture]:
    """Opens a copy of the document, ``scale`` times as large and with room for ``layer``, which lies above its source
    there and is given in pixels of the enlarged picture.

    Raises ``OverpaintError`` (host) when the document was closed meanwhile, or changed so that it does not fit, or
    would become too large.
    """
    yield from check_fit(source, fit)
    yield NEXT_TURN
    yield from at_rest(source.document_id)
    document = open_document(source)
    x, y = shift(source, fit)
    canvas = Bounds(0, 0, document.width() * scale, document.height() * scale)
    place = layer.raster.bounds.shifted(x * scale, y * scale)
    room = canvas.around(place)
    _check_size(room, source.name)
    path = _path(document.fileName(), scale)
    copy = document.clone()
    try:
        yield NEXT_TURN
        yield from _resize(copy, canvas, room, scale)
        moved = replace(layer, raster=replace(layer.raster, bounds=place.relative_to(room)))
        made = yield from filled_layer(copy, source, space, fit, moved)
        parent, below = place_in(copy, source, fit)
        yield NEXT_TURN
        parent.addChildNode(made, below)
        yield from copy_at_rest(copy)
    except BaseException:
        copy.setModified(False)
        copy.close()
        raise
    yield NEXT_TURN
    _show(copy, path)
    yield NEXT_TURN
    return LargerPicture(copy, made, moved.raster.bounds)


def holds(source: KritaSource, fit: Fit | None, place: Bounds) -> bool:
    """Whether the document has room for what belongs at ``place``. Raises ``OverpaintError`` as ``enlarge``."""
    return canvas_of(open_document(source)).contains(place.shifted(*shift(source, fit)))


def _resize(copy: Document, canvas: Bounds, room: Bounds, scale: int) -> Generator[bool | None, None, None]:
    copy.setBatchmode(True)
    if scale > 1:
        copy.scaleImage(canvas.width, canvas.height, round(copy.xRes()), round(copy.yRes()), "Bicubic")
        yield from copy_at_rest(copy)
    if room != canvas:
        copy.resizeImage(room.x, room.y, room.width, room.height)
        yield from copy_at_rest(copy)


def _check_size(room: Bounds, name: str) -> None:
    if room.extent.longest > LARGEST:
        raise problem(
            "The picture of ‘{name}’ would become {width} × {height} pixels large.",
            "Enlarge it less, or a smaller picture.",
            name=name,
            width=room.width,
            height=room.height,
        )


def _path(original: str, scale: int) -> str:
    """A name of its own beside the original, so that saving it overwrites nothing; none where that has none."""
    if not original:
        return ""
    file = Path(original)
    sign = f"×{scale}" if scale > 1 else "+"
    names = (f"{file.stem} {sign}{number}.kra" for number in ("", *(f" ({count})" for count in range(2, 1000))))
    return str(next(path for name in names if not (path := file.with_name(name)).exists()))


def _show(copy: Document, path: str) -> None:
    copy.setFileName(path)
    copy.setBatchmode(False)
    copy.setModified(True)
    Krita.instance().activeWindow().addView(copy)  # in front
