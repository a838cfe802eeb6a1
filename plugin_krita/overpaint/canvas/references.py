"""Further layers that a model is to look at: which are chosen, and each read as it looks by itself."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from krita import Document, Krita, Node

from ..qt import QByteArray
from ..server.client.wording import problem
from ..server.wire.geometry import Bounds
from .documents import find_node, id_of, same, still_there, upwards
from .ground import at_rest, copied
from .looks import is_pass_through, is_plain
from .source import LAYERS
from .spaces import KritaSpace
from .taking import Pixels, look, take


@dataclass(frozen=True)
class KritaReference:
    """A layer as it was noted; ``document_id``, ``node_id``: as ``documents`` names them."""

    document_id: str
    node_id: str
    name: str


def also_selected(document: Document | None, node: Node | None) -> list[Node]:
    """The layers that a person has selected in the layer list beside the active one, the lowest first."""
    window = Krita.instance().activeWindow()
    view = window.activeView() if window else None
    if document is None or node is None or view is None or view.document() != document:
        return []
    others = [one for one in view.selectedNodes() if one.type() in LAYERS and id_of(one) != id_of(node)]
    order = [id_of(one) for one in document.rootNode().findChildNodes("", True)]
    return sorted(others, key=lambda one: order.index(id_of(one)) if id_of(one) in order else len(order))


def noted(document: Document | None, nodes: Iterable[Node]) -> tuple[KritaReference, ...]:
    """Raises ``OverpaintError`` for a layer that nothing can be seen of by itself."""
    found = []
    for node in nodes:
        if document is None or not _shows_something(document, node):
            raise problem(
                "‘{name}’ shows nothing that could be looked at.", "Choose a layer with pixels.", name=node.name()
            )
        found.append(KritaReference(same(document), id_of(node), node.name()))
    return tuple(found)


def _shows_something(document: Document, node: Node) -> bool:
    by_itself = node.type() in LAYERS and node.type() != "filterlayer" and not is_pass_through(node)
    return by_itself and not _seen(document, node).empty


def found_again(document: Document, node_ids: Iterable[str]) -> list[Node]:
    """The layers that an earlier edit looked at. Raises ``OverpaintError`` where one has gone."""
    nodes = [find_node(document, node_id) for node_id in node_ids]
    if None in nodes:
        raise problem(
            "A layer that this edit looked at has gone.", "Select the layers to look at, and start the edit anew."
        )
    return [node for node in nodes if node is not None]


def read_reference(reference: KritaReference) -> Generator[bool | None, None, Pixels]:
    """All of the layer through its masks, whether it is visible or not. Its opacity and mode are between it and what
    lies below, and play no part."""
    yield from at_rest(reference.document_id)
    document, node = still_there(reference)
    space, seen = KritaSpace.of(node), _seen(document, node)
    if _is_up_to_date(node):
        pixels, _ = yield from take(reference.name, space, seen, seen, partial(_block, reference))
        return pixels
    around = [id_of(one) for one in upwards(node)]
    ground = yield from copied(reference.document_id, (), around)
    with closing(ground):
        pixels, _ = yield from take(reference.name, space, seen, seen, partial(ground.block, reference.node_id))
    return pixels


def _is_up_to_date(node: Node) -> bool:
    """Krita puts together only what is visible, but has a layer's own pixels at any time."""
    return is_plain(node) or all(one.visible() for one in upwards(node))


def _seen(document: Document, node: Node) -> Bounds:
    """Where a layer shows something; of what Krita has put together, nothing beyond the canvas does."""
    rect = node.bounds()
    bounds = Bounds(rect.x(), rect.y(), rect.width(), rect.height())
    return bounds if is_plain(node) else bounds.intersect(Bounds(0, 0, document.width(), document.height()))


def _block(reference: KritaReference, strip: Bounds) -> QByteArray:
    return look(still_there(reference)[1], strip)
