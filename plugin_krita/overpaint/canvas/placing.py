"""Putting answers into a document: filled where nobody sees it, then added in one undo step."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from krita import Document, Node

from ..qt import QTimer
from ..server.client.reading import Veil
from ..server.wire.raster import Raster
from ..tasks import NEXT_TURN
from .blocks import blocks
from .destination import check_fit, open_document, place_in, shift, space_there
from .documents import find_document, find_node, id_of
from .ground import at_rest
from .source import KritaSource
from .spaces import KritaSpace, conversion, unseen_document
from .taking import Fit

ACTIVATION_S = 2.0
"""How long after adding a layer Krita may take to make it the active one."""


@dataclass(frozen=True, eq=False)
class KritaNewLayer:
    """``data``: the bytes that ``raster`` describes. continues: it continues what was read, and shows where that does;
    else it is a picture of its own."""

    name: str
    raster: Raster
    data: memoryview
    continues: bool = True


def place(
    source: KritaSource, space: KritaSpace, fit: Fit | None, layer: KritaNewLayer
) -> Generator[bool | None, None, Node]:
    """Puts ``layer`` (in ``space``) into the document as ``fit`` says, in the colour space of its place and in one undo
    step, and returns it. Without ``fit``: above the source, where it lay.

    Raises ``OverpaintError`` (host) when the document was closed meanwhile, or changed so that it does not fit.
    """
    yield from check_fit(source, fit)
    new = yield from filled_layer(open_document(source), source, space, fit, layer)
    yield from _add(source, fit, new, [new])
    return new


def place_group(
    source: KritaSource,
    space: KritaSpace,
    fit: Fit | None,
    layers: Sequence[KritaNewLayer],
    name: str,
    rivals: bool,
) -> Generator[bool | None, None, list[Node]]:
    """The same for several layers, the first one lowest, in a group of their own, and still in one undo step.

    Of ``rivals`` only the topmost is visible: soft edges on top of each other would be hard.
    """
    yield from check_fit(source, fit)
    # Filled where nobody sees it: in the user's document each layer would be a step in the undo history.
    with unseen_document(KritaSpace.of(open_document(source))) as other:
        group = other.createNode(name, "grouplayer")
        made = []
        for layer in layers:
            new = yield from filled_layer(open_document(source), source, space, fit, layer)
            new.setInheritAlpha(False)
            new.setVisible(layer is layers[-1] or not rivals)
            yield NEXT_TURN
            group.addChildNode(new, None)
            made.append(new)
            yield NEXT_TURN
        other.waitForDone()
    group.setInheritAlpha(layers[-1].continues and fit is not None and fit.clipped)
    yield from _add(source, fit, group, made)
    open_document(source).refreshProjection()  # Krita takes a group that comes with its layers for an empty one
    return made


def _add(source: KritaSource, fit: Fit | None, new: Node, moved: Sequence[Node]) -> Generator[bool | None, None, None]:
    """``moved``: the layers with pixels in it."""
    yield NEXT_TURN
    yield from at_rest(source.document_id)
    document = open_document(source)
    x, y = shift(source, fit)
    for one in moved:
        one.move(x, y)
    current = document.activeNode()
    parent, below = place_in(document, source, fit)
    parent.addChildNode(new, below)  # Krita redraws the whole canvas here
    yield NEXT_TURN
    if current is not None:
        _stay_on(source.document_id, id_of(current), id_of(new))


def _stay_on(document_id: str, node_id: str, new_id: str) -> None:
    """Krita makes a new layer the active one, a moment later; the next edit is meant for the layer the user is on."""
    give_up = time.monotonic() + ACTIVATION_S

    def look() -> None:
        document = find_document(document_id)
        node = find_node(document, node_id) if document is not None else None
        if document is None or node is None or time.monotonic() > give_up:
            return
        now = document.activeNode()
        if now is not None and id_of(now) == new_id:
            document.setActiveNode(node)
        else:
            QTimer.singleShot(20, look)

    look()


def filled_layer(
    document: Document, source: KritaSource, space: KritaSpace, fit: Fit | None, layer: KritaNewLayer
) -> Generator[None, None, Node]:
    """A layer for ``document``, which is not asked again. Filled before any document sees it: that is what makes it a
    single undo step."""
    own = space_there(document, source, fit)
    with conversion(space, own) as convert:
        new = _empty_layer(document, own, layer.name)
        for strip, block in blocks(layer.raster, layer.data, _veil(fit, layer)):
            new.setPixelData(convert(block, strip), strip.x, strip.y, strip.width, strip.height)
            yield
    new.setInheritAlpha(layer.continues and fit is not None and fit.clipped)
    return new


def _veil(fit: Fit | None, layer: KritaNewLayer) -> Veil | None:
    return fit.veil if fit is not None and layer.continues else None


def _empty_layer(document: Document, space: KritaSpace, name: str) -> Node:
    """In ``space``, which need not be the document's: a layer may have its own."""
    if KritaSpace.of(document) == space:
        return document.createNode(name, "paintlayer")
    with unseen_document(space) as other:
        return other.createNode(name, "paintlayer")
