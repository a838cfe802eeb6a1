"""Where an answer goes: the document, and the place in its stack, as they are by then."""

from __future__ import annotations

from collections.abc import Generator

from krita import Document, Node

from ..server.client.wording import problem
from .documents import find_document, find_node
from .earlier import EarlierAnswers
from .ground import at_rest
from .looks import standing
from .source import KritaSource
from .spaces import KritaSpace
from .taking import Fit


def open_document(source: KritaSource) -> Document:
    """Raises ``OverpaintError`` (host) where it was closed meanwhile."""
    document = find_document(source.document_id)
    if document is None:
        raise problem(
            "The picture was closed while this edit was running.",
            "The answer is kept: open a picture and press “Put into this picture”.",
        )
    return document


def check_fit(source: KritaSource, fit: Fit | None) -> Generator[bool | None, None, None]:
    """Says before the answer is prepared, too, that it does not fit. Only once Krita has changed what it is changing:
    in Krita 6 our turn may come when it has moved one layer and not the next."""
    yield from at_rest(source.document_id)
    shift(source, fit)


def shift(source: KritaSource, fit: Fit | None) -> tuple[int, int]:
    """How far what was read has moved since. Raises ``OverpaintError`` (host) where an answer would not fit."""
    document = open_document(source)
    return fit.there.shift(document, source.name) if fit is not None and fit.there is not None else (0, 0)


def place_in(document: Document, source: KritaSource, fit: Fit | None) -> tuple[Node, Node | None]:
    """The group to put an answer into, and what it goes above there: the source and its earlier answers; everything,
    where that was read or the source is gone."""
    wanted = find_node(document, source.node_id if fit is None else fit.stand)
    if wanted is None:
        return document.rootNode(), None
    stand = standing(wanted)
    return stand.parentNode(), (EarlierAnswers(document).above(stand, source.node_id) or [stand])[-1]


def space_there(document: Document, source: KritaSource, fit: Fit | None) -> KritaSpace:
    """As it is now: documents and layers can be converted while an edit runs."""
    node = find_node(document, source.node_id if fit is None else fit.stand)
    return KritaSpace.of(node if node is not None and (fit is None or fit.own) else document)
