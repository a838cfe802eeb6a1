"""Overpaint's earlier answers, known by the records that the document keeps of them."""

from __future__ import annotations

from krita import Document, Node

from .. import record
from .documents import id_of
from .window import kept


class EarlierAnswers:
    """Of one document, as it is now."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._kinds = set(document.annotationTypes())

    def source_of(self, node_id: str) -> str | None:
        """The layer that the answer ``node_id`` was made from; None for what is no answer."""
        kind = record.kind(node_id)
        made = record.load(kept(self._document, kind)) if kind in self._kinds else None
        return made.source_id if made is not None else None

    def first_source(self, node_id: str) -> str:
        """The layer that an answer, or an answer to an answer, was made from in the end."""
        seen = {node_id}
        while (source := self.source_of(node_id)) is not None and source not in seen:
            seen.add(source)
            node_id = source
        return node_id

    def is_of(self, node: Node, first: str) -> bool:
        """Whether it is an answer made from the layer ``first``, or a group of nothing else."""
        if node.type() == "grouplayer":
            inside = [one for one in node.childNodes() if "mask" not in one.type()]
            return bool(inside) and all(self.is_of(one, first) for one in inside)
        return self.source_of(id_of(node)) is not None and self.first_source(id_of(node)) == first

    def above(self, stand: Node, source_id: str, until: str = "") -> list[Node]:
        """Those made from ``source_id`` that lie above ``stand`` in its group, the lowest first, up to the one that is,
        or holds, the node ``until``."""
        siblings = stand.parentNode().childNodes()
        at = next(index for index, one in enumerate(siblings) if id_of(one) == id_of(stand))
        first, found = self.first_source(source_id), []
        for one in siblings[at + 1 :]:
            if until in (id_of(one), *map(id_of, one.childNodes())):
                break
            if self.is_of(one, first):
                found.append(one)
        return found
