"""What the methods share that take a thing out of its picture: its own edge and colours, and the hole it leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from server.editing.results import OwnLayer
from server.pixels import masks
from server.pixels.foreground import foreground
from server.pixels.masks import Region
from server.pixels.picture import F32, Picture, on_paper
from server.wire.geometry import Bounds

if TYPE_CHECKING:
    from server.models.runtime.segmenters.segmenter import Matting

Matte = Callable[[Picture, Region, int], F32]
"""The picture, what was found in it (H, W), pixels to both sides of that outline that the edge may take → alpha."""

FAINT = 0.02
"""Alpha below which nothing of the thing is there."""

_SHARE, _LEAST, _MOST = 1 / 40, 4, 20
"""Of the selection's longer side, to each side of its outline, and pixels between which that stays: where the thing's
own edge is looked for unless somebody says."""


@dataclass(frozen=True, eq=False)
class Lifted:
    """picture: the thing alone, (h, w), with its own colours under a soft edge. bounds: where it was, in the scene.
    hole: bool (H, W) of the scene, all that it covers, however faintly."""

    picture: Picture
    bounds: Bounds
    hole: Region

    def layer(self, name: str, seed: int | None = None) -> OwnLayer:
        return OwnLayer(self.picture, self.bounds.x, self.bounds.y, name, seed=seed)


def usual_edge(selected: Region) -> int:
    """Pixels to each side of the outline of ``selected`` in which the thing's own edge lies, as a rule."""
    return min(max(round(masks.bounds(selected).extent.longest * _SHARE), _LEAST), _MOST)


def lifted(picture: Picture, selected: Region, edge: int, matte: Matte) -> Lifted:
    """The thing that is ``selected``, bool (H, W), not empty, whose edge lies within ``edge`` pixels of that outline.
    Where the picture is transparent nothing is lifted."""
    rows, columns = masks.window(selected, 3 * edge + 8)
    rgb, there = picture.rgb[rows, columns], picture.alpha[rows, columns]
    inside = _without_pinholes(selected[rows, columns], edge)
    alpha = matte(Picture(rgb, there), inside, edge) if edge else inside.astype(np.float32)
    alpha = np.where(alpha < FAINT, np.float32(0), alpha)
    alpha = alpha if alpha.any() else inside.astype(np.float32)
    mixed = (alpha > 0) & (alpha < 1)
    colours = np.where(mixed[..., None], foreground(rgb, alpha), rgb) if mixed.any() else rgb
    hole = np.zeros(selected.shape, bool)
    hole[rows, columns] = (alpha > 0) & (there > 0)
    box = masks.bounds(hole)
    here = Bounds(box.x - columns.start, box.y - rows.start, box.width, box.height).slices
    thing = Picture(np.ascontiguousarray(colours[here]), np.ascontiguousarray((alpha * there)[here]))
    return Lifted(thing, box, hole)


def _without_pinholes(found: Region, edge: int) -> Region:
    """What is enclosed and smaller than the band in which an edge is looked for belongs to the thing: a glint, a
    pupil."""
    count, labels, about, _ = cv2.connectedComponentsWithStats((~found).astype(np.uint8), connectivity=4)
    small = [at for at in range(1, count) if about[at, cv2.CC_STAT_AREA] <= (2 * edge) ** 2]
    filled: Region = found | np.isin(labels, small)
    return filled


def by_network(network: Matting) -> Matte:
    """By a network that wants to be told what is sure."""

    def matte(picture: Picture, found: Region, reach: int) -> F32:
        inside, outside = masks.depth_in(found) > reach, masks.distance_to(found) > reach
        trimap = np.where(inside, 1, np.where(outside, 0, 0.5)).astype(np.float32)
        return network.matte(on_paper(picture).clip(0, 1), trimap)

    return matte


def grown(hole: Region, pixels: int = 1) -> Region:
    """A rim more: what is just beside a thing's edge has something of its colours, too."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1,) * 2)
    return cv2.dilate(hole.astype(np.uint8), disc) > 0
