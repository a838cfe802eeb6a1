"""A picture as it would look without some of its layers: in a copy of the document, which Krita puts together itself,
so that every mode, mask and filter is Krita's own."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from krita import Document, Node

from ..qt import QByteArray
from ..server.client.wording import problem
from ..server.wire.geometry import Bounds
from ..tasks import NEXT_TURN
from .documents import find_document, find_node

MARGIN = 64
"""Pixels around the part wanted that are put together with it: a filter's result depends on what lies beside it."""


class GroundCopy:
    """``close`` it when it has been read. ``window``: the part that is put together now."""

    def __init__(self, copy: Document, canvas: Bounds, window: Bounds, movable: bool) -> None:
        self._copy, self._canvas, self._window, self._movable = copy, canvas, window, movable

    def block(self, group_id: str, strip: Bounds) -> QByteArray:
        """What is in that group, put together; ``strip`` in pixels of the document it was copied from. Takes about
        10 ms of processor time for a strip of a megapixel, most of it for ``_look_at``."""
        if not self._window.contains(strip):
            self._look_at(strip)
        x, y = strip.x - self._window.x, strip.y - self._window.y
        return _known(self._copy, group_id).projectionPixelData(x, y, strip.width, strip.height)

    def _look_at(self, strip: Bounds) -> None:
        """Changes the copy's size, which shifts its layers and loses nothing of them: Krita then puts together that
        part alone, and not a large picture at once."""
        wanted = strip.grown(MARGIN).intersect(self._canvas) if self._movable else self._canvas
        now = Bounds(0, 0, self._copy.width(), self._copy.height())
        part = wanted.relative_to(self._window)
        if part == now:
            self._copy.refreshProjection()
        else:
            self._copy.resizeImage(part.x, part.y, part.width, part.height)
        self._copy.waitForDone()
        self._window = wanted

    def close(self) -> None:
        self._copy.setModified(False)
        self._copy.close()


def copied(
    document_id: str, hidden: Sequence[str], shown: Sequence[str] = ()
) -> Generator[bool | None, None, GroundCopy]:
    """The document without the nodes of the ids in ``hidden``, and with those in ``shown``. Copying shares the pixels:
    of 4096² with two layers it takes about 10 ms of processor time, and closing the copy as much."""
    yield NEXT_TURN
    document = find_document(document_id)
    if document is None:
        raise problem("The picture was closed before it could be read.", "Open it and try again.")
    canvas = Bounds(0, 0, document.width(), document.height())
    copy = document.clone()
    copy.setBatchmode(True)
    for one in hidden:
        _known(copy, one).setVisible(False)
    for one in shown:
        _known(copy, one).setVisible(True)
    yield NEXT_TURN
    nothing = Bounds(0, 0, 0, 0)
    return GroundCopy(copy, canvas, nothing if hidden or shown else canvas, not _depends_on_place(copy.rootNode()))


def _known(copy: Document, node_id: str) -> Node:
    """A copy's nodes have the names of those they were copied from."""
    node = find_node(copy, node_id)
    assert node is not None
    return node


def _depends_on_place(node: Node) -> bool:
    """A pattern or gradient of a fill layer begins at the picture's corner: there the copy has to keep its size."""
    fills = [one for one in node.findChildNodes("", True) if one.type() == "filllayer" and one.visible()]
    return any(one.generatorName() != "color" for one in fills)


def at_rest(document_id: str) -> Generator[bool | None, None, None]:
    """Waits until Krita has nothing to do in the document: copying it would wait for that, and the window with it."""
    while (document := find_document(document_id)) is not None and not _is_idle(document):
        yield NEXT_TURN


def copy_at_rest(copy: Document) -> Generator[bool | None, None, None]:
    """The same for a document that nobody else knows."""
    while not _is_idle(copy):
        yield NEXT_TURN


def _is_idle(document: Document) -> bool:
    if not document.tryBarrierLock():
        return False
    document.unlock()
    return True
