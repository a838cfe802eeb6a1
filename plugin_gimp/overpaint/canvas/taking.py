"""What of the document is sent: a layer's own numbers where they are what one sees, else what one sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gi.repository import Babl

from server.client import alpha
from server.client.reading import Look, is_opaque
from server.wire.geometry import Bounds
from server.wire.raster import Raster

from . import stack, twin
from .pixels import alphas, read, read_mask, shape_of
from .source import GimpSource


@dataclass(frozen=True, eq=False)
class Taken:
    """pixels: as they are sent, every pixel either opaque or empty: how far one sees through them is not for a model to
    paint, and an answer that lies on them does not change it. space: Babl's word for the colour space of the numbers.

    alphas: how opaque each pixel is, 0..255. clipped: the layer shows only where something below it does. limit: the
    shape in which an answer may show, where a mask hides the rest of the layer or its outline is to be kept.
    """

    raster: Raster
    pixels: bytes
    space: object
    alphas: bytes
    clipped: bool
    limit: bytes | None


def take(source: GimpSource, wanted: Callable[[Bounds], Bounds], *, outline: bool) -> Taken:
    """``wanted``: the part to send out of the one that can be read. outline: the answer keeps to the layer's."""
    if source.layer is None:
        return _finished(source, twin.seen(source.image, source.place, wanted(source.canvas), source.without), outline)
    crop = wanted(source.bounds)
    if _shows_itself(source) and source.bounds.contains(crop):  # beyond itself a layer without alpha is read as black
        raster, data = read(source.layer, crop)
        shows_all = is_opaque(data, raster, crop) and (outline or not source.part.contains(crop))
        if shows_all or not stack.lies_on_something(source.layer, crop):
            return _finished(source, (raster, data, alphas(source.layer, crop)), outline)
    crop = wanted(source.bounds if outline else source.canvas)
    return _finished(source, twin.seen(source.image, source.place, crop, source.without), outline)


def _shows_itself(source: GimpSource) -> bool:
    """Whether the layer looks like its own numbers where it is opaque, and nothing that is to be read lies on it."""
    assert source.layer is not None
    return stack.state(source.layer).look is Look.OWN and not any(
        item.get_visible() and item.get_tattoo() not in source.without
        for item in stack.between(source.layer, source.place)
    )


def _finished(source: GimpSource, found: tuple[Raster, bytes, bytes], outline: bool) -> Taken:
    raster, data, opacity = found
    pixels = data if is_opaque(data, raster, raster.bounds) else alpha.filled(data, raster)
    space = Babl.format_get_space(stack.any_layer(source.image).get_format())
    return Taken(raster, pixels, space, opacity, _clipped(source), _limit(source, raster, outline))


def _clipped(source: GimpSource) -> bool:
    if source.layer is None:
        return False
    state = stack.state(source.layer)
    return state.clipped or not state.normal


def _limit(source: GimpSource, raster: Raster, outline: bool) -> bytes | None:
    if source.layer is None:
        return None
    crop, limit = raster.bounds, None
    if outline:
        limit = shape_of(source.layer, crop)
        limit = limit if any(limit) else None  # what is empty has no outline
    if stack.masked(source.layer):
        mask = read_mask(source.layer.get_mask(), crop, raster.depth)
        shown = alpha.samples_shape(bytes(mask.data), mask.depth)
        limit = shown if limit is None else alpha.both(limit, shown)
    if limit is not None:
        for item in stack.between(source.layer, source.place):
            if item.get_visible() and item.get_tattoo() not in source.without:
                limit = alpha.either(limit, shape_of(item, crop))
    return limit if limit is not None and not all(limit) else None
