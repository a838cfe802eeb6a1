"""The new layers: made with all that belongs to them, and put where their source is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from formats import Layout
from gi.repository import Babl, Gegl, Gimp

from server.client.crop import cut
from server.client.translation import tr
from server.client.wording import problem
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.raster import Raster

from . import source as sources
from . import stack, taking
from .pixels import Preview, bounds_of, native, preview
from .source import GimpSource
from .stack import RECIPE, TOP, StackPlace
from .taking import Taken

SIDE = 48
"""Pixels a side of the small pictures by which it is told whether a picture is still the one that was sent."""

ALIKE = 12
"""Levels of 255 by which a pixel of these may differ: what a change of depth or profile costs."""

MOST = 0.25
"""Of its pixels may have changed."""


@dataclass(frozen=True)
class GimpNewLayer:
    """clip: it shows only where something below it does, and changes no alpha."""

    name: str
    raster: Raster
    data: bytes
    note: str
    clip: bool = False


def add_layers(
    source: GimpSource, taken: Taken, layers: Sequence[GimpNewLayer], group: str | None = None
) -> list[Gimp.Layer]:
    """Put ``layers`` above the source in one undo step, the first one lowest, and leave the choice of layers and the
    selection as they were. They follow their source where that has been moved. Raises ``OverpaintError`` where they
    would not fit there any more.

    group: the name of a group that they go into. Of several answers on one another only the topmost is visible there:
    soft edges on top of each other would be hard.
    """
    shift = _shift(source)
    now = _now(source, shift)
    _check_alike(source, now, taken, shift)
    moved = [replace(new, raster=replace(new.raster, bounds=_moved(new.raster.bounds, shift))) for new in layers]
    return _put(source.image, moved, group, now.place, taken.space)


def add_on_top(image: Gimp.Image, layers: Sequence[GimpNewLayer], group: str | None = None) -> list[Gimp.Layer]:
    """The same for layers whose source is not known any more."""
    gray = image.get_base_type() == Gimp.ImageBaseType.GRAY
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED or any(_is_gray(new) != gray for new in layers):
        raise problem(
            "The answer that is waiting is of another kind of image: gray and colour do not go together.",
            "Open the image it was made from, or change this one's mode (Image > Mode).",
        )
    return _put(image, layers, group, TOP, None)


# --- has the document changed meanwhile? ----------------------------------------------------------


def _shift(source: GimpSource) -> tuple[int, int]:
    """By how much the source has been moved. Raises ``OverpaintError`` where it is gone or has another size: then
    nobody can say where in it the answer belongs."""
    image, layer = source.image, source.layer
    if not image.is_valid():
        raise problem("The image was closed while this edit was running.", "Open it again.")
    if layer is not None and (not layer.is_valid() or layer.get_image().get_id() != image.get_id()):
        raise problem("‘{name}’ was removed while this edit was running.", "Undo that.", name=source.name)
    kept = [(mark.bounds, bounds_of(mark.layer)) for mark in source.marks if mark.layer.is_valid()]
    shifts = {(after.x - before.x, after.y - before.y) for before, after in kept}
    if len(shifts) == 1 and all(before.extent == after.extent for before, after in kept):
        return shifts.pop()
    if layer is not None:
        raise problem("‘{name}’ has another size now than when this edit began.", "Undo that change.", name=source.name)
    if (source.canvas.width, source.canvas.height) != (image.get_width(), image.get_height()):
        raise problem("The image has another size now than when this edit began.", "Undo that change.")
    return 0, 0


def _now(source: GimpSource, shift: tuple[int, int]) -> GimpSource:
    """The same source as it is now, without the answers that have come meanwhile; raises ``OverpaintError`` where it
    could not be edited now."""
    drawables = [source.layer] if source.layer is not None else []
    fresh = stack.answers(source.image) - source.answers
    part = _moved(source.part, shift)
    return sources.source(source.image, drawables, source.reading, part, source.without | fresh)


def _moved(bounds: Bounds, shift: tuple[int, int]) -> Bounds:
    return Bounds(bounds.x + shift[0], bounds.y + shift[1], bounds.width, bounds.height)


def _check_alike(source: GimpSource, now: GimpSource, taken: Taken, shift: tuple[int, int]) -> None:
    """Raises ``OverpaintError`` where the picture is not the one any more that was sent: it has been turned, say, or
    painted over where the answer belongs."""
    then = taken.raster.bounds
    seen = taking.take(now, lambda _: _moved(then, shift), outline=False)
    shades = "Y'A u8" if now.image.get_base_type() == Gimp.ImageBaseType.GRAY else "R'G'B'A u8"
    for part in (then, source.part.intersect(then)):
        if _differ(_small(taken, part, shades), _small(seen, _moved(part, shift), shades)):
            raise (
                problem(
                    "‘{name}’ looks different there now than when this edit began.",
                    "Undo that change.",
                    name=source.name,
                )
                if source.layer is not None
                else problem("The picture looks different there now than when this edit began.", "Undo that change.")
            )


def _small(taken: Taken, part: Bounds, shades: str) -> Preview:
    raster = taken.raster
    data = cut(taken.pixels, raster.bounds, part, raster.channels.per_pixel * raster.depth.nbytes)
    return preview(taken.space, replace(raster, bounds=part), data, SIDE, shades)


def _differ(before: Preview, after: Preview) -> bool:
    pixels = before.width * before.height
    channels = len(before.data) // pixels
    apart = [abs(one - other) > ALIKE for one, other in zip(before.data, after.data, strict=True)]
    return sum(map(any, zip(*(apart[each::channels] for each in range(channels)), strict=True))) > MOST * pixels


# --- putting them there ---------------------------------------------------------------------------


def _put(
    image: Gimp.Image, layers: Sequence[GimpNewLayer], group: str | None, place: StackPlace, space: object | None
) -> list[Gimp.Layer]:
    made = [_make(image, layer, space) for layer in layers]
    clip = any(new.clip for new in layers)
    chosen, channels = image.get_selected_layers(), image.get_selected_channels()
    parent, position = place.parent, place.position
    if group is not None:
        for layer in made[:-1]:
            layer.set_visible(False)
    image.undo_group_start()
    if group is None:
        _clip(made if clip else [])
    else:
        folder = Gimp.GroupLayer.new(image, group)
        _clip([folder] if clip else [])
        image.insert_layer(folder, parent, position)
        parent, position = folder, 0
    for layer in made:
        image.insert_layer(layer, parent, position)
    image.undo_group_end()
    if channels:  # then no layer is
        image.set_selected_channels(channels)
    else:
        image.set_selected_layers(chosen)
    Gimp.displays_flush()
    return made


def _clip(items: Sequence[Gimp.Layer]) -> None:
    """They show only where something below them does, and change no alpha there."""
    for item in items:
        item.set_composite_mode(Gimp.LayerCompositeMode.CLIP_TO_BACKDROP)


def _is_gray(new: GimpNewLayer) -> bool:
    return Layout(new.raster.channels, new.raster.depth, new.raster.transfer).gray


def _write(layer: Gimp.Layer, pixels: Layout, data: bytes, space: object) -> None:
    """All of the layer's pixels, given in ``space``. Out of another colour space the way goes through floats: for
    whole numbers of 16 bits babl 0.1.112 halves the light, from the second time on."""
    buffer, whole = layer.get_buffer(), Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
    own, name = Babl.format_get_space(layer.get_format()), native(space, pixels)
    if native(own, pixels) != name:
        exact = Babl.get_name(Babl.format_with_space("R'G'B'A float", own))
        between = Gegl.Buffer.new(exact, 0, 0, whole.width, whole.height)
        between.set(whole, name, data)
        name, data = exact, between.get(whole, 1.0, exact, Gegl.AbyssPolicy.NONE)
    buffer.set(whole, name, data)
    buffer.flush()


def _make(image: Gimp.Image, new: GimpNewLayer, space: object | None) -> Gimp.Layer:
    """A layer with its pixels, place and note, not yet in the image: so none of it needs a step to undo. GIMP converts
    them where the image has another mode, depth or profile now than the ``space`` they were read in."""
    pixels = Layout(new.raster.channels, new.raster.depth, new.raster.transfer)
    if len(new.data) != new.raster.nbytes:
        raise OverpaintError(
            Code.INTERNAL,
            tr("Overpaint met something unexpected: {why}", why="size"),
            tr("Try again; if it stays, tell us what you did."),
        )
    gray = image.get_base_type() == Gimp.ImageBaseType.GRAY
    kind = Gimp.ImageType.GRAYA_IMAGE if gray else Gimp.ImageType.RGBA_IMAGE
    place = new.raster.bounds
    layer = Gimp.Layer.new(image, new.name, place.width, place.height, kind, 100.0, Gimp.LayerMode.NORMAL)
    layer.set_offsets(place.x, place.y)
    _write(layer, pixels, new.data, space or Babl.format_get_space(layer.get_format()))
    layer.update(0, 0, place.width, place.height)
    layer.attach_parasite(Gimp.Parasite.new(RECIPE, Gimp.PARASITE_PERSISTENT, new.note.encode()))
    return layer
