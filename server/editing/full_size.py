"""From what a model painted at its own size to the size that the document needs.

What was painted small says what is where; by itself it would be a blur at full size. A model with a network of
super-resolution behind it enlarges it with that, as often as it takes. Any other paints again at full size, in
overlapping passes: each begins with what was painted small (SDEdit from some noise, arXiv 2108.01073), grows out of the
passes beside it, and at the size that was painted first keeps the colours of that, so that no pass is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np

from server.models.runtime.adapter import Adapter
from server.models.runtime.super_resolution import enlarge
from server.pixels import masks
from server.pixels.picture import F32
from server.pixels.sizes import fit, fit_mask, resample, unfit
from server.wire.geometry import Bounds, Extent
from server.wire.words import mark

from .edit import Report, Step
from .refining import Tile, count_tiles, tiles_of

SMALL = 1.3
"""How many times smaller than the document a picture may be painted without being seen to be."""

STRENGTH = 0.4
"""Of the noise that a pass at full size begins with: enough for new detail, too little for a second thing."""

_MOST_PASSES = 16
"""A larger part is painted in so many and enlarged the rest of the way: a pass takes as long as two fifths of a
painting, and nobody should wait for a hundred."""

_LARGEST = 1 << 20
"""Pixels of a picture that goes through the network once more: the time grows with them, and what it makes of more than
these is a large picture already."""

_SMOOTHING = 0.6
"""Pixels (deviation): what a network drew has edges as hard as stairs, which the next pass would draw large."""

_MARGIN = 8
"""Pixels of what was painted around the selection that are enlarged with it."""

_BESIDE = 8
"""One part in so many of a pass's side is shown of what lies beside the selection."""

_FINER = mark("Drawing finer")

Redraw = Callable[[F32, F32, float, int, Callable[[int, int], None]], F32]
"""What is there (h, w, 3) and how far to change it (h, w), at the model's working size; from how much noise, which pass
it is, and whom to tell of each step → the same anew, at the model's output size."""


@dataclass(frozen=True, eq=False)
class Painted:
    """image: (h, w, 3), what the model painted of a picture of ``target``. mask: of the target's size."""

    image: F32
    mask: F32
    target: Extent

    @property
    def ratio(self) -> float:
        return float(self.target.longest / max(self.image.shape[:2]))

    @property
    def selected(self) -> Bounds:
        """What was to be repainted, in pixels of the image, and a little around it."""
        height, width = self.image.shape[:2]
        across, down = width / self.target.width, height / self.target.height
        box = masks.bounds(self.mask)
        left, top = int(box.x * across), int(box.y * down)
        right, bottom = ceil(box.right * across), ceil(box.bottom * down)
        whole = Bounds(0, 0, width, height)
        return Bounds(left, top, right - left, bottom - top).grown(_MARGIN).intersect(whole)

    def with_part(self, part: Bounds, image: F32) -> F32:
        """At the target's size, where ``part`` of it is ``image``, of any size."""
        height, width = self.image.shape[:2]
        across, down = self.target.width / width, self.target.height / height
        left, top = round(part.x * across), round(part.y * down)
        place = Bounds(left, top, round(part.right * across) - left, round(part.bottom * down) - top)
        full = resample(self.image, self.target)
        full = full.copy() if full is self.image else full
        full[place.slices] = resample(image, place.extent)
        return full


def enlarged(painted: Painted, adapter: Adapter, report: Report) -> F32:
    """By the model's own network. Only what was to be repainted is worth it."""
    network, part = adapter.super_resolution, painted.selected
    if network is None or painted.ratio <= SMALL:
        return resample(painted.image, painted.target)
    image, ratio = painted.image[part.slices], painted.ratio

    def on_tile(done: int, of: int) -> None:
        report(Step(_FINER, done, of))

    while ratio > SMALL and image.shape[0] * image.shape[1] <= _LARGEST:
        by = min(network.factor, max(2, ceil(ratio / SMALL)))
        smooth = np.asarray(cv2.GaussianBlur(image, (0, 0), _SMOOTHING), np.float32)
        image = enlarge(smooth, by, network, on_tile)
        ratio /= by
    return painted.with_part(part, image)


def redrawn(painted: Painted, adapter: Adapter, redraw: Redraw, report: Report) -> tuple[F32, Extent]:
    """In overlapping passes, as large as ``_MOST_PASSES`` allow; returns the picture at the target's size, and the
    extent at which it was painted."""
    extent = passes_extent(painted, adapter.native)
    if extent == Extent(painted.image.shape[1], painted.image.shape[0]):
        return resample(painted.image, painted.target), extent
    first, mask = resample(painted.image, extent), resample(painted.mask, extent)
    drawn, blur = first.copy(), extent.longest / max(painted.image.shape[:2])
    tiles = _tiles(mask, adapter.native)
    for number, tile in enumerate(tiles):
        here = drawn[tile.bounds.slices]
        change = tile.change * mask[tile.bounds.slices]

        def on_step(done: int, of: int, number: int = number) -> None:
            report(Step(_FINER, number * of + done, len(tiles) * of))

        sizes = adapter.sizes(tile.bounds.extent)
        made = unfit(redraw(fit(here, sizes), fit_mask(change, sizes), STRENGTH, number, on_step), sizes)
        made = made + cv2.GaussianBlur(first[tile.bounds.slices] - made, (0, 0), blur)  # it keeps the colours
        here[...] = here * (1 - change[..., None]) + made * change[..., None]
    return resample(drawn.clip(0, 1), painted.target), extent


def passes_extent(painted: Painted, native: int) -> Extent:
    """The size at which it is painted again; that of ``painted`` itself where it is not."""
    target, least = painted.target, 1 / painted.ratio
    scale = 1.0 if painted.ratio > SMALL else least
    box, beside = masks.bounds(painted.mask), 2 * (native // _BESIDE + 1)

    def passes() -> int:
        return count_tiles(ceil(box.height * scale) + beside, ceil(box.width * scale) + beside, native)

    while scale > least and passes() > _MOST_PASSES:
        scale *= 0.9
    if scale <= least * SMALL:
        return Extent(painted.image.shape[1], painted.image.shape[0])
    return Extent(max(1, round(target.width * scale)), max(1, round(target.height * scale)))


def _tiles(mask: F32, side: int) -> list[Tile]:
    """Those of the selected part that have something of it; each is shown a little of what is beside that."""
    height, width = mask.shape
    box = masks.bounds(mask).grown(side // _BESIDE).intersect(Bounds(0, 0, width, height))
    placed = (Tile(tile.bounds.shifted(box.x, box.y), tile.change) for tile in tiles_of(box.height, box.width, side))
    return [tile for tile in placed if np.any(mask[tile.bounds.slices] > 0)]
