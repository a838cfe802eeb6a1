"""How a layer was made, as it is kept in the layer itself. No gi."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from settings import Kind

from server.client import note
from server.client.recipes import LayerRecipe
from server.client.submission import Mask
from server.wire.geometry import Bounds
from server.wire.raster import Depth


@dataclass(frozen=True)
class Note:
    """Enough to do the edit again.

    source: GIMP's tattoo of the layer it was made from. mask: the selection in the crop, packed, with its
    ``mask_depth`` (None: the whole crop); empty where it was too large. at: where the source lay then (the whole canvas
    where all that was visible was read); None in notes of older versions. references: tattoos of the layers that were
    looked at.
    """

    made: LayerRecipe
    kind: Kind
    source: int
    mask_depth: Depth | None = None
    mask: str = ""
    at: Bounds | None = None
    references: tuple[int, ...] = ()

    def text(self) -> str:
        return note.write(self)

    def selection(self) -> Mask | None:
        """The selection as it was; None for the whole crop. Raises ``ValueError`` where it was not stored."""
        if self.mask_depth is None:
            return None
        data = note.unpack(base64.b64decode(self.mask), self.made.crop.extent.pixels * self.mask_depth.nbytes)
        if data is None:
            raise ValueError("the selection was not stored")
        return Mask(self.mask_depth, data)


def pack(mask: Mask | None) -> str:
    """``Note.mask`` for a selection."""
    return base64.b64encode(note.pack(mask.data)).decode() if mask is not None else ""


def read(text: str) -> Note | None:
    """What ``Note.text`` gave; None for anything else."""
    return note.read(Note, text)
