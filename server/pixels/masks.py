"""From a selection to the three masks of an edit. White = repaint, everywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds, Extent
from server.wire.raster import Depth

from . import formats
from .picture import F32

Region = npt.NDArray[np.bool_]

_LEVELS = 16
"""Level sets by which a soft selection is grown and feathered."""

_WIDTHS = ((4, 0.0), (6, 14.0), *((feather, 7 * (feather - 0.5)) for feather in (8, 12, 16, 24)))
"""Pixels of feather, and the least inscribed radius that is given as many: a fourteenth of the width, but for what is
small, which has a soft rim of its own that does not shrink with it."""

_CORNER = 1.5
"""How far from its core, in inscribed radii, a part reaches; the corners of a square are at 1.42."""


@dataclass(frozen=True, eq=False)
class Masks:
    """All (H, W).

    edit: bool, where the new layer may show at all: the selection, grown and feathered.
    selected: bool, the selection itself, grown as asked and faded as far as a fade was asked for.
    composite: float32 0..1, the alpha of the new layer; exactly 0 outside ``edit``, 1 inside a hard selection.
    denoise: float32 0..1, how much the model repaints; at least ``composite``, and full wherever half of the answer
    shows, so that the fade lies over what the model kept.
    feather: the most pixels of fade that were used anywhere.
    """

    edit: Region
    selected: Region
    denoise: F32
    composite: F32
    feather: int


def decode_mask(data: bytes, depth: Depth, extent: Extent) -> F32:
    """float32 (H, W), 0..1, of one gray channel. Raises OverpaintError (BAD_REQUEST) where the size does not fit."""
    if len(data) != extent.pixels * depth.nbytes:
        raise OverpaintError(
            Code.BAD_REQUEST, f"The mask came with {len(data)} bytes instead of {extent.pixels * depth.nbytes}."
        )
    return formats.samples(data, depth).clip(0, 1).reshape(extent.height, extent.width)


def encode_mask(mask: F32, depth: Depth) -> bytes:
    """The inverse of ``decode_mask``."""
    return formats.numbers(mask.clip(0, 1), depth)


def whole(extent: Extent, alpha: F32 | None = None) -> Masks:
    """Masks of an edit of everything. ``alpha`` (H, W): that of the layer, whose outline the answer then keeps; a layer
    in which nothing is visible yet has none to keep."""
    everywhere = np.ones((extent.height, extent.width), np.float32)
    composite = alpha if alpha is not None and alpha.any() else everywhere
    return Masks(composite > 0, everywhere > 0, everywhere, composite, 0)


def derive(mask: F32, grow: int = 0, feather: int | None = None) -> Masks:
    """The masks of a selection (float32 (H, W), 0..1) grown by a disc of ``grow`` pixels, then faded out over
    ``feather`` pixels beyond (None: what suits its size). A soft selection keeps its own softness inside.

    Raises OverpaintError (EMPTY_SELECTION) where nothing is selected.
    """
    if not np.any(mask > 0):
        raise OverpaintError(
            Code.EMPTY_SELECTION, "Nothing is selected.", "Select the part to replace, or choose Edit layer."
        )
    widest = automatic_feather(mask, grow) if feather is None else feather
    composite = np.zeros(mask.shape, np.float32)
    here = window(mask, grow + widest)
    local = feather is None and not _softness(mask)
    composite[here] = _fitted(mask[here], grow, widest) if local else _spread(mask[here], grow, widest)
    denoise = np.minimum(composite * np.float32(2 / composite.max()), 1)
    selected = denoise >= 0.5 if feather is not None else distance_to(_body(mask)) <= grow
    return Masks(composite > 0, selected, denoise, composite, widest)


def painted_only(masks: Masks, painted: Region, alpha: F32) -> Masks:
    """The masks of an edit that painted ``painted`` (H, W) alone and continued what is around: all of that shows, so
    that no soft rim of what was there does, nothing beyond, and nothing where the layer has nothing (its ``alpha``)."""
    beside_nothing = cv2.dilate((alpha == 0).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    shown = np.where(beside_nothing, alpha, np.float32(1))  # an antialiased outline stays one
    composite = np.where(painted & masks.edit, masks.composite.max() * shown, np.float32(0))
    return replace(masks, edit=composite > 0, composite=composite)


def automatic_feather(mask: F32, grow: int = 0) -> int:
    """For the widest part of the selection, in pixels: a fourteenth of its width, 4..24, less what is soft already, and
    no more than there is room for before the crop ends."""
    body = _body(mask)
    box, (height, width) = bounds(body), mask.shape
    gaps = [gap for gap in (box.x, box.y, width - box.right, height - box.bottom) if gap > 0]
    room = max(0, min(gaps) - grow - 1) if gaps else 0
    wanted = max(step for step, radius in _WIDTHS if radius <= depth_in(body).max() + grow)
    return min(room, max(0, wanted - round(_softness(mask))))


def bounds(mask: F32 | Region) -> Bounds:
    """The smallest rectangle around everything above 0 (or True); empty where there is nothing."""
    rows, columns = np.flatnonzero((mask > 0).any(axis=1)), np.flatnonzero((mask > 0).any(axis=0))
    if not rows.size:
        return Bounds(0, 0, 0, 0)
    x, y = int(columns[0]), int(rows[0])
    return Bounds(x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y)


def window(mask: F32 | Region, margin: int) -> tuple[slice, slice]:
    """Rows and columns of everything above 0 and ``margin`` pixels around it, as far as the array goes."""
    height, width = mask.shape
    box = bounds(mask).grown(margin).intersect(Bounds(0, 0, width, height))
    return slice(box.y, box.bottom), slice(box.x, box.right)


def distance_to(region: Region) -> F32:
    """float32 (H, W): pixels from each pixel to the nearest of ``region`` (0 inside it; very far where it is empty)."""
    if not region.any():
        return np.full(region.shape, np.float32(1e9))
    away = np.where(region, 0, 1).astype(np.uint8)
    return cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).astype(np.float32, copy=False)


def depth_in(region: Region) -> F32:
    """float32 (H, W): pixels from each of ``region`` to the nearest outside it; the array's end is no edge of it."""
    return distance_to(~region)


def _body(mask: F32) -> Region:
    """Where a selection is at least half as strong as anywhere: faint traces, as JPEG leaves them, are none of it."""
    body: Region = mask >= mask.max() / 2
    return body


def _softness(mask: F32) -> float:
    """The mean width in pixels of the selection's own soft edge; an antialiased edge counts as none."""
    body, around = _body(mask), np.ones((3, 3), np.uint8)
    rim = body & (cv2.erode(body.astype(np.uint8), around) == 0)
    if not rim.any():
        return 0.0
    rise = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, around)[rim] / mask.max()
    width = float((2 / np.maximum(rise, 0.02)).mean())
    return width if width > 3 else 0.0


def _fitted(mask: F32, grow: int, widest: int) -> F32:
    """``mask`` grown, and every part of it feathered by what suits its own width: a wire beside a house stays thin."""
    body = distance_to(_body(mask)) <= grow
    depth = depth_in(body)
    total = mask
    for feather, radius in _WIDTHS:
        core = depth >= radius
        if core.any():
            part = body & (distance_to(core) <= _CORNER * radius)
            total = np.maximum(total, _fade(distance_to(part), min(feather, widest)))
    return total


def _spread(mask: F32, grow: int, feather: int) -> F32:
    """Every level set of ``mask`` grown and feathered by itself, and summed: a fade of a fade stays smooth."""
    if grow == 0 and feather == 0:
        return mask
    levels = np.unique(mask[mask > 0])
    if levels.size > _LEVELS:
        levels = np.linspace(0, levels[-1], _LEVELS + 1, dtype=np.float32)[1:]
    total, below = np.zeros_like(mask), np.float32(0)
    for level in levels:
        beyond = distance_to(mask >= level) - np.float32(grow)
        total += (level - below) * _fade(beyond, feather)
        below = level
    return np.maximum(np.minimum(total, 1), mask)


def _fade(beyond: F32, feather: int) -> F32:
    """1 up to the edge, a half cosine over ``feather`` pixels, exactly 0 from there on."""
    phase = np.float32(math.pi) * np.clip(beyond / np.float32(feather + 1), 0, 1)
    return np.where(beyond > feather, np.float32(0), (1 + np.cos(phase)) / 2)
