"""A second pass over an enlarged picture: a diffusion model draws it again tile by tile, in finer detail, and stays
true to the picture that it was made of.

Each tile is redrawn from a little noise (SDEdit, arXiv 2108.01073). Where it meets tiles that are done already it grows
out of them, as a replaced part does out of its surroundings, so that there are no seams. Afterwards the whole, made
small again, is the picture once more: nothing drifts in colour or place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np

from server.models.runtime.super_resolution import back_projected
from server.pixels.picture import F32
from server.wire.geometry import Bounds

_OVERLAP = 4
"""A tile has in common with the one before it at least one part in so many."""


@dataclass(frozen=True, eq=False)
class Tile:
    """bounds: in the larger picture. change: (h, w), 0..1, how far it is drawn anew: less where it lies over tiles that
    are done."""

    bounds: Bounds
    change: F32


Draw = Callable[[F32, F32, int, int], F32]
"""What is there (h, w, 3), how far to change it (h, w), which tile of how many → the tile anew."""


Refine = Callable[[F32, F32], F32]
"""The larger picture and the one it was made of → the larger one, drawn finer."""


def refine(larger: F32, picture: F32, side: int, draw: Draw) -> F32:
    """larger: (n·H, n·W, 3), 0..1, of picture (H, W, 3). side: of a tile, in pixels of ``larger``."""
    drawn = larger.copy()
    tiles = list(tiles_of(drawn.shape[0], drawn.shape[1], side))
    for number, tile in enumerate(tiles):
        here = drawn[tile.bounds.slices]
        made, change = draw(here.copy(), tile.change, number, len(tiles)), tile.change[..., None]
        here[...] = here * (1 - change) + made * change
    return back_projected(drawn, picture)


def tiles_of(height: int, width: int, side: int) -> Iterator[Tile]:
    """Row by row, each as large as fits."""
    rows, columns = list(_stretches(height, side)), list(_stretches(width, side))
    for top, bottom, above in rows:
        for left, right, before in columns:
            change = np.minimum.outer(_ramp(bottom - top, above - top), _ramp(right - left, before - left))
            yield Tile(Bounds(left, top, right - left, bottom - top), change)


def count_tiles(height: int, width: int, side: int) -> int:
    """How many ``tiles_of`` gives."""
    return len(list(_stretches(height, side))) * len(list(_stretches(width, side)))


def _stretches(length: int, side: int) -> Iterator[tuple[int, int, int]]:
    """Begin, end, and where the one before ended."""
    common = side // _OVERLAP
    count = max(1, ceil((length - common) / (side - common)))
    before = 0
    for start in np.linspace(0, max(0, length - side), count).round().astype(int).tolist():
        yield start, min(length, start + side), before
        before = start + side


def _ramp(length: int, over: int) -> F32:
    """From nothing to all of it over the first ``over`` pixels."""
    rising = (np.arange(length, dtype=np.float32) + 0.5) / max(over, 1)
    return np.ones(length, np.float32) if over <= 0 else rising.clip(0, 1)
