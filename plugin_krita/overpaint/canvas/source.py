"""What is to be edited: checked, and noted as it is when the request is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from krita import Document, Node, Selection

from ..server.client.reading import Reading
from ..server.client.wording import problem
from ..server.wire.errors import Code
from ..server.wire.geometry import Bounds
from .documents import canvas_of, id_of, same, upwards
from .looks import all_of, local_selection
from .spaces import KritaSpace

LAYERS = {"paintlayer", "grouplayer", "vectorlayer", "filelayer", "filllayer", "clonelayer", "filterlayer"}


@dataclass(frozen=True, eq=False)
class KritaSource:
    """A layer as it was when the request was made; the active one may be another by the time the answer comes.

    selection: its bounds in document pixels, None where all is to be edited. ``chosen`` is a copy of it, if any. area:
    the part of the picture that can be edited: nothing beyond the canvas is seen. fills: the answer may be where
    nothing is. again: the id of the answer whose edit is done once more; it and what came after it are not seen.
    """

    document_id: str
    node_id: str
    name: str
    space: KritaSpace
    area: Bounds
    selection: Bounds | None
    chosen: Selection | None
    reading: Reading = Reading.LAYER
    fills: bool = False
    again: str = ""


@dataclass(frozen=True, eq=False)
class CaptureOptions:
    """What an edit asks of its layer. selected: stands in for a selection where there is none. whole: all of it is
    meant, whatever is selected; beyond: with all of the canvas, because the answer goes on beyond that; part: what of
    it is meant then, None: all; pointing: what is selected only points at something in all of it. The rest as in
    ``KritaSource``."""

    needs_selection: bool = False
    selected: Selection | None = None
    whole: bool = False
    beyond: bool = False
    pointing: bool = False
    part: Bounds | None = None
    reading: Reading = Reading.LAYER
    fills: bool = False
    again: str = ""


def capture(document: Document | None, node: Node | None, wish: CaptureOptions) -> KritaSource:
    """Notes what is to be edited, now. Raises ``OverpaintError`` with a way out for what cannot be edited."""
    if document is None or not same(document):
        raise problem("No picture is open.", "Open one, and select the part to edit.")
    if wish.reading is Reading.LAYER:
        node = _layer(node)
        _check_shown(node)
    elif node is None or node.type() not in LAYERS:
        node = document.rootNode()
    chosen, selection = _chosen(document, node, wish)
    if selection is None and wish.needs_selection:
        raise problem("Nothing is selected.", "Select the part to change.", code=Code.EMPTY_SELECTION)
    area = _area(document, node, selection, wish)
    return _source(document, node, area, selection, chosen, wish)


def spot(document: Document | None, node: Node | None) -> KritaSource:
    """Only a place for an answer that is here already: above ``node``."""
    if document is None or not same(document):
        raise problem("No picture is open.", "Open one, and select the part to edit.")
    return _source(document, _layer(node), Bounds(0, 0, 0, 0), None, None, CaptureOptions())


def nowhere(name: str, space: KritaSpace, crop: Bounds) -> KritaSource:
    """Of an edit begun in an earlier run of Krita: its document is not known any more."""
    return KritaSource("", "", name, space, crop, None, None)


def _layer(node: Node | None) -> Node:
    """A layer's own selection is as good as the layer."""
    if node is None:
        raise problem("No layer is chosen.", "Click the layer to edit in the layer list.")
    if node.type() == "selectionmask" and node.parentNode().parentNode() is not None:
        return node.parentNode()
    if "mask" in node.type() and node.parentNode() is not None:
        raise problem(
            "‘{name}’ is a mask of ‘{layer}’.",
            "Choose ‘{layer}’ to edit what it shows.",
            name=node.name(),
            layer=node.parentNode().name(),
        )
    if node.type() not in LAYERS:
        raise problem("‘{name}’ is not a layer with pixels.", "Choose a layer with pixels.", name=node.name())
    return node


def _check_shown(node: Node) -> None:
    for one in upwards(node):
        if not one.visible():
            raise problem("‘{name}’ is hidden.", "Show it, or choose another layer.", name=one.name())
    check_still(all_of(node))


def check_still(nodes: Iterable[Node]) -> None:
    """Raises ``OverpaintError`` for what moves: an answer is one picture, and would stand over all the others."""
    moving = next((one for one in nodes if one.animated()), None)
    if moving is not None:
        raise problem(
            "‘{name}’ is animated, and an answer would stand over every frame.",
            "Copy the frame to a layer of its own (Layer ▸ New ▸ New Layer From Visible), and edit that.",
            name=moving.name(),
        )


def _chosen(document: Document, node: Node, wish: CaptureOptions) -> tuple[Selection | None, Bounds | None]:
    """A copy of what is selected, and its bounds where that is what is to be edited; of the layer's own selection, if
    it has one."""
    if wish.whole and not wish.pointing:
        return None, None
    own = local_selection(node) if node.parentNode() is not None else None
    chosen = own.selection() if own is not None else document.selection() or wish.selected
    bounds = Bounds(chosen.x(), chosen.y(), chosen.width(), chosen.height()) if chosen else None
    if chosen is None or bounds is None or bounds.empty:
        return None, None
    return chosen.duplicate(), None if wish.pointing else bounds


def _source(
    document: Document,
    node: Node,
    area: Bounds,
    selection: Bounds | None,
    chosen: Selection | None,
    wish: CaptureOptions,
) -> KritaSource:
    space = KritaSpace.of(node if wish.reading is Reading.LAYER else document)
    more = wish.reading, wish.fills, wish.again
    return KritaSource(same(document), id_of(node), node.name(), space, area, selection, chosen, *more)


def _area(document: Document, node: Node, selection: Bounds | None, wish: CaptureOptions) -> Bounds:
    """With a selection, of the visible picture, and for what goes on beyond it: the canvas. Else: the layer's content
    on it."""
    canvas = canvas_of(document)
    canvas = canvas if wish.part is None else canvas.intersect(wish.part)
    if wish.reading is Reading.VISIBLE:
        return canvas
    rect = node.bounds()
    content = Bounds(rect.x(), rect.y(), rect.width(), rect.height())
    seen = content.intersect(canvas)
    if selection is None and seen.empty:
        raise problem(
            "‘{name}’ has nothing on the canvas.",
            "Choose a layer with content, or select a part to fill.",
            name=node.name(),
        )
    return seen if selection is None and not wish.beyond else canvas
