"""Pictures several times larger by a network, of any size in bounded memory, and true to the pixels they were made of.

A network of super-resolution draws crisp edges and drifts a little in colour and place. Iterated back-projection (Irani
and Peleg, "Improving resolution by image registration", 1991, §4) takes that back: what the answer, made small again,
differs from the picture by is enlarged and added, a few times. It also brings back what lies outside 0..1, which no
network has seen.

The work is done in tiles. Each is shown as much of its surroundings as can reach it, so that the answer is that of the
whole picture at once, up to rounding: there are no seams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor

from server.pixels.picture import F32
from server.wire.geometry import Extent

from .autoencoder import as_batch, as_picture

BACK_PROJECTIONS = 3
"""Measured on ``bench.enlarge``: the first gives nine tenths of what there is, after the third nothing is left."""

_CUBIC_REACH = 2
"""Pixels of the smaller picture to either side that bicubic resampling looks at, both ways."""

_TILE = 256
"""Side of a tile in pixels of the picture: larger ones are no quicker, and 200 MB stay enough."""


@dataclass(frozen=True)
class SuperResolution:
    """network: (1, 3, h, w), sRGB in 0..1 → (1, 3, factor·h, factor·w). reach: pixels of the input from which one pixel
    of its output can be influenced, to each side."""

    network: Callable[[Tensor], Tensor]
    factor: int
    reach: int
    device: torch.device


OnTile = Callable[[int, int], None]
"""Told before each tile: tiles done, tiles in all. What it raises ends the work."""


@torch.no_grad()
def enlarge(picture: F32, by: int, model: SuperResolution, on_tile: OnTile, tile: int = _TILE) -> F32:
    """(H, W, 3), sRGB, 0..1 nominal → (by·H, by·W, 3).

    by: 2 to ``model.factor``.
    tile: side in pixels of ``picture`` of what is worked on at once.
    Raises ``ValueError`` for another ``by``.
    """
    if not 2 <= by <= model.factor:
        raise ValueError(f"{by} times larger, by a network that makes pictures {model.factor} times larger")
    height, width = picture.shape[:2]
    margin = _margin(model)
    larger = np.empty((by * height, by * width, 3), np.float32)
    tiles = list(_tiles(height, width, tile))
    for number, (rows, columns) in enumerate(tiles):
        on_tile(number, len(tiles))
        above, left = min(margin, rows.start), min(margin, columns.start)
        seen = picture[rows.start - above : rows.stop + margin, columns.start - left : columns.stop + margin]
        made = as_picture(_enlarged(as_batch(seen).to(model.device), by, model)[0])
        here = made[by * above :, by * left :][: by * (rows.stop - rows.start), : by * (columns.stop - columns.start)]
        larger[by * rows.start : by * rows.stop, by * columns.start : by * columns.stop] = here
    return larger


def pixels_seen(extent: Extent, model: SuperResolution) -> int:
    """How many go through the network for a picture of that size: the tiles overlap."""
    margin = _margin(model)

    def length(part: slice, end: int) -> int:
        begin, stop = int(part.start) - margin, int(part.stop) + margin
        return min(end, stop) - max(0, begin)

    tiles = _tiles(extent.height, extent.width, _TILE)
    return sum(length(rows, extent.height) * length(columns, extent.width) for rows, columns in tiles)


def _margin(model: SuperResolution) -> int:
    """Pixels around a tile that can reach it."""
    return model.reach + 2 * _CUBIC_REACH * (BACK_PROJECTIONS + 1)


def _tiles(height: int, width: int, side: int) -> Iterator[tuple[slice, slice]]:
    for top in range(0, height, side):
        for left in range(0, width, side):
            yield slice(top, min(height, top + side)), slice(left, min(width, left + side))


def _enlarged(small: Tensor, by: int, model: SuperResolution) -> Tensor:
    """The network's answer at the size asked for, and back-projection."""
    size = (by * small.shape[-2], by * small.shape[-1])
    return _true_to(small, _resampled(model.network(small.clamp(0, 1)), size))


@torch.no_grad()
def back_projected(large: F32, small: F32) -> F32:
    """``large`` (n·H, n·W, 3) brought back to what, made small again, is ``small`` (H, W, 3)."""
    return as_picture(_true_to(as_batch(small), as_batch(large))[0])


def _true_to(small: Tensor, large: Tensor) -> Tensor:
    size = tuple(large.shape[-2:])
    for _ in range(BACK_PROJECTIONS):
        large = large + _resampled(small - _resampled(large, small.shape[-2:]), size)
    return large


def _resampled(picture: Tensor, size: tuple[int, ...]) -> Tensor:
    if tuple(picture.shape[-2:]) == tuple(size):
        return picture
    resampled: Tensor = functional.interpolate(picture, size=size, mode="bicubic", antialias=True)
    return resampled
