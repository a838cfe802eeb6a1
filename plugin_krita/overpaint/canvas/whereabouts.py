"""Where what was read lay and how it was shown, so that an answer that comes later is put where that is *then*."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from krita import Document, Node

from ..server.client.reading import State
from ..server.client.wording import problem
from ..server.wire.geometry import Bounds, Extent
from .documents import find_node, id_of
from .looks import PAINTED, POSITIONED, state_of
from .spaces import KritaSpace

PROBES, PROBE = 8, 8
"""So many small squares each way, of so many pixels a side, are looked at again."""

MOST = 200
"""Layers that are looked at again."""

LayerPlace = tuple[int, int]


@dataclass(frozen=True)
class ShownLayer:
    """One layer or mask. place: only of those that Krita moves by it."""

    place: LayerPlace | None
    state: State
    visible: bool

    @classmethod
    def of(cls, node: Node) -> ShownLayer:
        at = node.position()
        return cls((at.x(), at.y()) if node.type() in POSITIONED else None, state_of(node), node.visible())

    def apart(self, now: ShownLayer) -> LayerPlace | None:
        """How far it has moved since."""
        if self.place is None or now.place is None:
            return None
        return now.place[0] - self.place[0], now.place[1] - self.place[1]

    def alike(self, now: ShownLayer) -> bool:
        return (self.state, self.visible) == (now.state, now.visible)


@dataclass(frozen=True, eq=False)
class Whereabouts:
    """Of all that was read, by ids, and some ``probes`` of the layer or group ``probed``, by their places."""

    size: Extent
    space: KritaSpace
    layers: dict[str, ShownLayer]
    probed: str
    probes: dict[LayerPlace, bytes]

    def shift(self, document: Document, name: str) -> LayerPlace:
        """How far everything has moved since. Raises ``OverpaintError`` (host) where an answer would not fit any more:
        layers were moved apart or are shown in another way, or the picture was turned, scaled or painted over."""
        there = [(seen, node) for one, seen in self.layers.items() if (node := find_node(document, one)) is not None]
        pairs = [(seen, ShownLayer.of(node)) for seen, node in there]
        shifts = {seen.apart(now) for seen, now in pairs} - {None}
        shift = next(iter(shifts), None) or (0, 0)
        alike = all(seen.alike(now) for seen, now in pairs)
        if len(shifts) > 1 or not alike or not self._still_there(document, shift):
            raise problem(
                "‘{name}’ was moved, turned, scaled or painted over while this edit ran: the answer would not fit.",
                "The answer is kept: undo that and press “Put into this picture”, or press it as it is.",
                name=name,
            )
        return shift

    def _still_there(self, document: Document, shift: LayerPlace) -> bool:
        """Whether at least one of the squares that show something is as it was. Flat ones say nothing of a picture that
        was made larger or smaller."""
        node = find_node(document, self.probed)
        resized = Extent(document.width(), document.height()) != self.size
        if node is None or KritaSpace.of(node) != self.space:
            return not resized
        telling = [at for at, data in self.probes.items() if not _is_flat(data)]
        looked_at = telling if telling or resized else list(self.probes)
        same = (_probe(node, (x + shift[0], y + shift[1])) == self.probes[x, y] for x, y in looked_at)
        return any(same) or not (looked_at or resized)


def whereabouts(document: Document, read: Iterable[Node], probed: Node, crop: Bounds) -> Whereabouts:
    """Takes about a millisecond and a half."""
    layers = {id_of(one): ShownLayer.of(one) for one, _ in zip(read, range(MOST), strict=False)}
    probes = {at: _probe(probed, at) for at in _places(crop)}
    return Whereabouts(
        Extent(document.width(), document.height()), KritaSpace.of(probed), layers, id_of(probed), probes
    )


def _places(crop: Bounds) -> Iterable[LayerPlace]:
    for row in range(PROBES):
        for column in range(PROBES):
            yield crop.x + column * crop.width // PROBES, crop.y + row * crop.height // PROBES


def _probe(node: Node, at: LayerPlace) -> bytes:
    read = node.pixelData if node.type() in PAINTED else node.projectionPixelData
    return bytes(read(at[0], at[1], PROBE, PROBE))


def _is_flat(data: bytes) -> bool:
    return data == data[: len(data) // PROBE**2] * PROBE**2
