"""What is stored in the document with a layer that was made, so that the edit can be done again. No Qt, no libkis."""

from __future__ import annotations

from dataclasses import dataclass

from .server.client import note
from .server.client.recipes import LayerRecipe
from .server.wire.geometry import Bounds, Extent


@dataclass(frozen=True)
class LayerPlace:
    """Of a layer. bounds: of its pixels. x, y: its position in Krita's sense. canvas: the picture's size."""

    bounds: Bounds
    x: int
    y: int
    canvas: Extent

    def shift(self, now: LayerPlace) -> tuple[int, int] | None:
        """How far it has moved until ``now``; None where it was also turned, scaled or painted on. A part of it may
        have been wiped off, as long as the picture has its size."""
        x, y = now.x - self.x, now.y - self.y
        back = Bounds(now.bounds.x - x, now.bounds.y - y, now.bounds.width, now.bounds.height)
        same = back == self.bounds or (now.canvas == self.canvas and self.bounds.contains(back))
        return (x, y) if same else None


@dataclass(frozen=True)
class LayerRecord:
    """source_id: the layer that was edited, as this document names it. place: where the answer was put. references: the
    layers that were looked at, named likewise."""

    made: LayerRecipe
    source_id: str
    place: LayerPlace | None = None
    references: tuple[str, ...] = ()

    def dump(self) -> bytes:
        return note.write(self).encode()


def kind(node_id: str) -> str:
    """The name under which the record of a layer is kept in its document."""
    return f"overpaint-{node_id.strip('{}')}"


def selection_kind(node_id: str) -> str:
    """The name of the selection that went with it, as ``client.note`` packs it."""
    return f"{kind(node_id)}-selection"


def load(data: bytes) -> LayerRecord | None:
    """What ``dump`` gave; None for anything else."""
    return note.read(LayerRecord, data)


def unpack(mask: bytes, crop: Bounds) -> bytearray | None:
    """The selection over ``crop``, one byte a pixel; None where none was stored."""
    return note.unpack(mask, crop.extent.pixels)
