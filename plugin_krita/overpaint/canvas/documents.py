"""Open documents and their layers, found again by name: between two events any of them may go."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Protocol

from krita import Document, Krita, Node

from ..qt import QUuid
from ..record import LayerPlace
from ..server.client.wording import problem
from ..server.wire import sides
from ..server.wire.geometry import Bounds, Extent
from ..server.wire.recipe import Extra


def application() -> str:
    return f"Krita {Krita.instance().version()}"


def active() -> tuple[Document | None, Node | None]:
    """What the user is on now."""
    document = Krita.instance().activeDocument()
    return document, document.activeNode() if document else None


def id_of(node: Node) -> str:
    """Of a node, for as long as its document is open."""
    found: str = node.uniqueId().toString()
    return found


_seen: list[tuple[str, Document]] = []
"""Documents that were asked for their name. Krita's own ids do not tell a copy from what it was copied from."""


def same(document: Document | None) -> str:
    """A document's name in this run of Krita. All wrappers of one document have it, a closed one has none."""
    if not _is_open(document):
        return ""
    known = next((name for name, one in _seen if one == document), None)
    if known is None:
        _seen[:] = [(name, one) for name, one in _seen if _is_open(one)]
        known = uuid.uuid4().hex
        _seen.append((known, document))
    return known


def _is_open(document: Document | None) -> bool:
    return document is not None and document.rootNode() is not None


def find_document(document_id: str) -> Document | None:
    """The open document of that name."""
    return next((one for one in _documents() if same(one) == document_id), None) if document_id else None


def _documents() -> Iterator[Document]:
    """All open ones. Krita does not list a copy of a document that was made by a plugin, but has a view of it."""
    krita = Krita.instance()
    yield from krita.documents()
    yield from (view.document() for window in krita.windows() for view in window.views())


def find_node(document: Document, node_id: str) -> Node | None:
    return document.nodeByUniqueID(QUuid(node_id))


class NotedLayer(Protocol):
    """A layer and its document as they were noted: by ``same`` and ``id_of``, and by the layer's name for a person."""

    @property
    def document_id(self) -> str: ...

    @property
    def node_id(self) -> str: ...

    @property
    def name(self) -> str: ...


def still_there(noted: NotedLayer) -> tuple[Document, Node]:
    """Asked anew between two strips: document and layer may go at any time, and libkis would crash on them. Raises
    ``OverpaintError``."""
    document = find_document(noted.document_id)
    node = find_node(document, noted.node_id) if document is not None else None
    if document is None or node is None:
        raise problem(
            "‘{name}’ was removed before it could be read.", "Choose another layer and try again.", name=noted.name
        )
    return document, node


def has_selection() -> bool:
    document = Krita.instance().activeDocument()
    return bool(document and document.selection())


def selected_bounds() -> Bounds | None:
    """Of the selection in the active document, in document pixels."""
    document = Krita.instance().activeDocument()
    chosen = document.selection() if document else None
    return Bounds(chosen.x(), chosen.y(), chosen.width(), chosen.height()) if chosen else None


def canvas_of(document: Document) -> Bounds:
    """What one sees of the picture, in document pixels."""
    return Bounds(document.xOffset(), document.yOffset(), document.width(), document.height())


def room_selected(document: Document | None) -> tuple[Extra, ...]:
    """How far the canvas would have to grow to hold what is selected."""
    chosen = document.selection() if document is not None else None
    if document is None or chosen is None:
        return ()
    return sides.beyond(Bounds(chosen.x(), chosen.y(), chosen.width(), chosen.height()), canvas_of(document))


def place_of(document: Document, node: Node) -> LayerPlace:
    """Where a layer lies now."""
    rect, at = node.bounds(), node.position()
    bounds = Bounds(rect.x(), rect.y(), rect.width(), rect.height())
    return LayerPlace(bounds, at.x(), at.y(), Extent(document.width(), document.height()))


def upwards(node: Node) -> Iterator[Node]:
    """The node and its groups, without the document's root."""
    while node is not None and node.parentNode() is not None:
        yield node
        node = node.parentNode()
