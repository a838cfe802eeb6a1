"""What is to be edited: checked, and noted as it is when the request is made."""

from __future__ import annotations

from dataclasses import dataclass

from krita import Document, Node, Selection

from ..server.wire.errors import Code
from ..server.wire.geometry import Bounds
from .documents import id_of, refused, same, upwards
from .spaces import Space

PAINTED = {"paintlayer"}
"""Nodes with pixels of their own; of the others the projection (what one sees of them) is read."""

LAYERS = {*PAINTED, "grouplayer", "vectorlayer", "filelayer", "filllayer", "clonelayer"}


@dataclass(frozen=True, eq=False)
class Source:
    """A layer as it was when the request was made; the active one may be another by the time the answer comes.

    selection: its bounds in document pixels, None where nothing is selected. ``chosen`` is a copy of it. area: the part
    of the layer that can be edited.
    """

    document_id: str
    node_id: str
    name: str
    space: Space
    area: Bounds
    selection: Bounds | None
    chosen: Selection | None


def capture(
    document: Document | None, node: Node | None, needs_selection: bool, selected: Selection | None = None
) -> Source:
    """Notes what is to be edited, now. ``selected`` stands in for a document's selection where it has none.

    Raises ``OverpaintError`` with a way out for what cannot be edited.
    """
    document, node = _checked(document, node)
    chosen = document.selection() or selected
    selection = Bounds(chosen.x(), chosen.y(), chosen.width(), chosen.height()) if chosen else None
    if selection is not None and selection.empty:
        selection = None
    if selection is None and needs_selection:
        raise refused("no-selection", Code.EMPTY_SELECTION)
    area = _area(document, node, selection)
    return _source(document, node, area, selection, chosen.duplicate() if selection and chosen else None)


def spot(document: Document | None, node: Node | None) -> Source:
    """Only a place for an answer that is here already: above ``node``."""
    document, node = _checked(document, node)
    return _source(document, node, Bounds(0, 0, 0, 0), None, None)


def nowhere(name: str, space: Space, crop: Bounds) -> Source:
    """Of an edit begun in an earlier run of Krita: its document is not known any more."""
    return Source("", "", name, space, crop, None, None)


def _checked(document: Document | None, node: Node | None) -> tuple[Document, Node]:
    if document is None or not same(document):
        raise refused("no-document")
    if node is None:
        raise refused("no-layer")
    if node.type() not in LAYERS:
        raise refused("not-a-layer", name=node.name())
    for one in upwards(node):
        if one.locked():
            raise refused("locked", name=one.name())
        if not one.visible():
            raise refused("hidden", name=one.name())
    return document, node


def _source(document: Document, node: Node, area: Bounds, selection: Bounds | None, chosen: Selection | None) -> Source:
    return Source(same(document), id_of(node), node.name(), Space.of(node), area, selection, chosen)


def _area(document: Document, node: Node, selection: Bounds | None) -> Bounds:
    """With a selection: the canvas and all of the layer beyond it. Without: the layer's content on the canvas."""
    canvas = Bounds(document.xOffset(), document.yOffset(), document.width(), document.height())
    rect = node.bounds()
    content = Bounds(rect.x(), rect.y(), rect.width(), rect.height())
    if selection is None:
        seen = content.intersect(canvas)
        if seen.empty:
            raise refused("empty-layer", name=node.name())
        return seen
    if content.empty:
        return canvas
    x, y = min(canvas.x, content.x), min(canvas.y, content.y)
    return Bounds(x, y, max(canvas.right, content.right) - x, max(canvas.bottom, content.bottom) - y)
