"""Putting answers into a document: filled where nobody sees it, then added in one undo step."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from krita import Document, Node

from ..qt import QTimer
from ..server.client.wording import problem
from ..server.wire.raster import Raster
from ..tasks import NEXT_TURN
from .blocks import blocks
from .documents import find_document, find_node, id_of
from .earlier import EarlierAnswers
from .ground import at_rest
from .looks import standing
from .reading import Fit
from .source import KritaSource
from .spaces import KritaSpace, conversion, unseen_document

ACTIVATION_S = 2.0
"""How long after adding a layer Krita may take to make it the active one."""


@dataclass(frozen=True, eq=False)
class KritaNewLayer:
    """``data``: the bytes that ``raster`` describes."""

    name: str
    raster: Raster
    data: memoryview


def place(
    source: KritaSource, space: KritaSpace, fit: Fit | None, layer: KritaNewLayer
) -> Generator[bool | None, None, Node]:
    """Puts ``layer`` (in ``space``) into the document as ``fit`` says, in the colour space of its place and in one undo
    step, and returns it. Without ``fit``: above the source, where it lay.

    Raises ``OverpaintError`` (host) when the document was closed meanwhile, or changed so that it does not fit.
    """
    yield from _check_fit(source, fit)
    new = yield from _new_layer(source, space, fit, layer)
    new.setInheritAlpha(fit is not None and fit.clipped)
    yield from _add(source, fit, new, [new])
    return new


def place_group(
    source: KritaSource, space: KritaSpace, fit: Fit | None, layers: Sequence[KritaNewLayer], name: str
) -> Generator[bool | None, None, list[Node]]:
    """The same for several layers, the first one lowest, in a group of their own, and still in one undo step.

    Only the topmost is visible: soft edges on top of each other would be hard.
    """
    yield from _check_fit(source, fit)
    # Filled where nobody sees it: in the user's document each layer would be a step in the undo history.
    with unseen_document(KritaSpace.of(_open(source))) as other:
        group = other.createNode(name, "grouplayer")
        made = []
        for layer in layers:
            new = yield from _new_layer(source, space, fit, layer)
            new.setVisible(layer is layers[-1])
            yield NEXT_TURN
            group.addChildNode(new, None)
            made.append(new)
            yield NEXT_TURN
        other.waitForDone()
    group.setInheritAlpha(fit is not None and fit.clipped)
    yield from _add(source, fit, group, made)
    _open(source).refreshProjection()  # Krita takes a group that comes with its layers for an empty one
    return made


def _check_fit(source: KritaSource, fit: Fit | None) -> Generator[bool | None, None, None]:
    """Says before the layer is filled, too, that it does not fit. Only once Krita has changed what it is changing: in
    Krita 6 our turn may come when it has moved one layer and not the next."""
    yield from at_rest(source.document_id)
    _shift(source, fit)


def _add(source: KritaSource, fit: Fit | None, new: Node, moved: Sequence[Node]) -> Generator[bool | None, None, None]:
    """``moved``: the layers with pixels in it."""
    yield NEXT_TURN
    yield from at_rest(source.document_id)
    document = _open(source)
    x, y = _shift(source, fit)
    for one in moved:
        one.move(x, y)
    current = document.activeNode()
    parent, below = _place_in(document, source, fit)
    parent.addChildNode(new, below)  # Krita redraws the whole canvas here
    yield NEXT_TURN
    if current is not None:
        _stay_on(source.document_id, id_of(current), id_of(new))


def _shift(source: KritaSource, fit: Fit | None) -> tuple[int, int]:
    return fit.there.shift(_open(source), source.name) if fit is not None and fit.there is not None else (0, 0)


def _place_in(document: Document, source: KritaSource, fit: Fit | None) -> tuple[Node, Node | None]:
    """The group to put an answer into, and what it goes above there: the source and its earlier answers; everything,
    where that was read or the source is gone."""
    wanted = find_node(document, source.node_id if fit is None else fit.stand)
    if wanted is None:
        return document.rootNode(), None
    stand = standing(wanted)
    return stand.parentNode(), (EarlierAnswers(document).above(stand, source.node_id) or [stand])[-1]


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


def _new_layer(
    source: KritaSource, space: KritaSpace, fit: Fit | None, layer: KritaNewLayer
) -> Generator[None, None, Node]:
    """Filled before any document sees it: that is what makes it a single undo step."""
    own = _space_there(_open(source), source, fit)
    with conversion(space, own) as convert:
        new = _empty_layer(_open(source), own, layer.name)
        for strip, block in blocks(layer.raster, layer.data, fit.veil if fit is not None else None):
            new.setPixelData(convert(block, strip), strip.x, strip.y, strip.width, strip.height)
            yield
    return new


def _space_there(document: Document, source: KritaSource, fit: Fit | None) -> KritaSpace:
    """As it is now: documents and layers can be converted while an edit runs."""
    node = find_node(document, source.node_id if fit is None else fit.stand)
    return KritaSpace.of(node if node is not None and (fit is None or fit.own) else document)


def _empty_layer(document: Document, space: KritaSpace, name: str) -> Node:
    """In ``space``, which need not be the document's: a layer may have its own."""
    if KritaSpace.of(document) == space:
        return document.createNode(name, "paintlayer")
    with unseen_document(space) as other:
        return other.createNode(name, "paintlayer")


def _open(source: KritaSource) -> Document:
    document = find_document(source.document_id)
    if document is None:
        raise problem(
            "The picture was closed while this edit was running.",
            "The answer is kept: open a picture and press “Put into this picture”.",
        )
    return document
