"""A selection that was found, as Krita's own, in one undo step."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator

from krita import Document, Krita, Node, Selection

from ..qt import QByteArray
from ..server.client.combining import Combining
from ..server.wire.raster import Depth, Raster
from ..tasks import NEXT_TURN
from .blocks import rows
from .destination import check_fit, open_document, shift
from .ground import at_rest
from .looks import local_selection
from .source import KritaSource
from .spaces import SRGB, KritaSpace, unseen_document
from .taking import Fit

DESELECTED_S = 5.0
"""How long Krita may take to deselect."""

COMBINE: dict[Combining, Callable[[Selection, Selection], None]] = {
    Combining.ADD: lambda former, found: former.add(found),
    Combining.SUBTRACT: lambda former, found: former.subtract(found),
    Combining.INTERSECT: lambda former, found: former.intersect(found),
}


def select(
    source: KritaSource, fit: Fit | None, raster: Raster, data: memoryview, how: Combining
) -> Generator[bool | None, None, Selection | None]:
    """``data``, of one channel (white is selected; nothing is beyond ``raster``), becomes what is selected in the
    document, together with what is selected by then as ``how`` says. Returns that; None: nothing is selected now.

    Raises ``OverpaintError`` (host) when the document was closed meanwhile, or changed so that it does not fit.
    """
    yield from check_fit(source, fit)
    found = yield from _selection_of(raster, data)
    yield NEXT_TURN
    yield from at_rest(source.document_id)
    found.move(*shift(source, fit))
    document = open_document(source)
    chosen = _combined(document.selection(), found, how)
    if _is_a_step():
        document.setSelection(chosen)
    else:
        yield from _as_a_step(source, document, chosen)
    yield NEXT_TURN
    return chosen


def _selection_of(raster: Raster, data: memoryview) -> Generator[None, None, Selection]:
    """Krita's selections have 8 bits: of 16 the upper ones are taken."""
    found, size = Selection(), raster.depth.nbytes
    low = size - 1 if raster.depth is Depth.U16 else 0
    for strip in rows(raster.bounds, size):
        at = (strip.y - raster.bounds.y) * strip.width * size
        block = bytes(data[at : at + strip.extent.pixels * size])[low::size]
        found.setPixelData(QByteArray(block), strip.x, strip.y, strip.width, strip.height)
        yield
    return found


def _combined(former: Selection | None, found: Selection, how: Combining) -> Selection | None:
    """Where nothing is selected there is nothing to take from, or to share anything with."""
    if how in (Combining.SUBTRACT, Combining.INTERSECT) and former is None:
        return None
    result = found
    if former is not None and how in COMBINE:
        result = former.duplicate()
        COMBINE[how](result, found)
    return result if result.width() and result.height() else None


# --- Krita 5.2, in which a script's selection is no step -----------------------------------------------


def _is_a_step() -> bool:
    """Since Krita 5.3 what a script selects can be undone."""
    major, minor = Krita.instance().version().split(".")[:2]
    return (int(major), int(minor)) >= (5, 3)


def _as_a_step(source: KritaSource, document: Document, chosen: Selection | None) -> Generator[bool | None, None, None]:
    """By what is one. Undoing Krita's own *Deselect* brings back what was selected before it, whatever is selected
    now; and where nothing was, a selection is a node that can be added."""
    former = _mask(document)
    if former is not None and _deselects(document):
        Krita.instance().action("deselect").trigger()
        yield from _until_deselected(source)
        document = open_document(source)
        if chosen is not None:
            document.setSelection(chosen)
        return
    if former is not None:  # in a document that is not in front: two steps, for only that one can be deselected in
        former.remove()
    if chosen is not None:
        document.rootNode().addChildNode(_node_of(chosen), None)


def _mask(document: Document) -> Node | None:
    return next((one for one in document.rootNode().childNodes() if one.type() == "selectionmask"), None)


def _deselects(document: Document) -> bool:
    """Whether *Deselect* is about the picture's selection: a layer's own goes before it."""
    node = document.activeNode()
    front = Krita.instance().activeDocument() == document
    return front and (node is None or node.parentNode() is None or local_selection(node) is None)


def _until_deselected(source: KritaSource) -> Generator[bool | None, None, None]:
    give_up = time.monotonic() + DESELECTED_S
    while open_document(source).selection() is not None and time.monotonic() < give_up:
        yield NEXT_TURN
    yield from at_rest(source.document_id)


def _node_of(chosen: Selection) -> Node:
    """The node that Krita makes of a selection, out of a document that nobody sees."""
    with unseen_document(KritaSpace("RGBA", "U8", SRGB)) as other:
        other.setSelection(chosen)
        made = _mask(other)
        other.setSelection(None)
    return made
