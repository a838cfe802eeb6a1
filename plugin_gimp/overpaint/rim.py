"""How opaque a picture is where something is selected, and near that. No gi."""

from __future__ import annotations

from dataclasses import dataclass

from server.client import alpha
from server.client.crop import cut, selected_bounds
from server.client.submission import Mask
from server.wire.geometry import Bounds

NEAR = 16
"""Pixels around what is selected."""

UNSEEN = 3
"""Levels of 255 that nobody sees."""

_NOT = bytes(range(255, -1, -1))
_THERE = bytes([0]) + bytes([255]) * 255


@dataclass(frozen=True)
class Near:
    """A byte a pixel. chosen: 255 where something is selected. inside, around: how opaque it is there and elsewhere."""

    chosen: bytes
    inside: bytes
    around: bytes

    @property
    def stands_out(self) -> bool:
        """Whether something selected is more opaque than everything around it: no layer above can take that away."""
        return max(self.inside) > max(self.around) + UNSEEN and 0 in self.chosen

    @property
    def solid_around(self) -> bool:
        return self.around == self.chosen.translate(_NOT)

    @property
    def all_there(self) -> bool:
        """Whether no selected pixel is empty."""
        return self.inside.translate(_THERE) == self.chosen


def near(alphas: bytes, crop: Bounds, mask: Mask) -> Near:
    """``alphas``: how opaque each pixel of ``crop`` is, 0..255."""
    whole = Bounds(0, 0, crop.width, crop.height)
    selected = selected_bounds(mask.data, crop.extent, mask.depth.nbytes) or whole
    here = selected.grown(NEAR).intersect(whole)
    chosen = alpha.samples_shape(cut(mask.data, whole, here, mask.depth.nbytes), mask.depth)
    shown = cut(alphas, whole, here, 1)
    return Near(chosen, alpha.both(shown, chosen), alpha.both(shown, chosen.translate(_NOT)))
