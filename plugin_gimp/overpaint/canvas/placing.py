"""The new layers: made with all that belongs to them, and put where their source is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from formats import Layout
from gi.repository import Babl, Gegl, Gimp

from server.client.translation import tr
from server.client.wording import problem
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.raster import Raster

from . import meanwhile, stack
from .pixels import native
from .source import GimpSource, check_image
from .stack import RECIPE, TOP, StackPlace
from .taking import Taken


@dataclass(frozen=True)
class GimpNewLayer:
    """clip: it shows only where something below it does, and changes no alpha. rival: one of them is shown."""

    name: str
    raster: Raster
    data: bytes
    note: str
    clip: bool = False
    rival: bool = False

    def at(self, bounds: Bounds) -> GimpNewLayer:
        return replace(self, raster=replace(self.raster, bounds=bounds))


def add_layers(
    source: GimpSource, taken: Taken, layers: Sequence[GimpNewLayer], group: str | None = None
) -> list[Gimp.Layer]:
    """Put ``layers`` above the source in one undo step, the first one lowest, and leave the choice of layers and the
    selection as they were. They follow their source where that has been moved. Raises ``OverpaintError`` where they
    would not fit there any more.

    group: the name of a group that they go into. Of several answers on one another only the topmost is visible there:
    soft edges on top of each other would be hard.
    """
    to = meanwhile.landing(source, taken)
    moved = [new.at(to.moved(new.raster.bounds)) for new in layers]
    return put(source.image, moved, group, to.place, taken.space)


def add_on_top(image: Gimp.Image, layers: Sequence[GimpNewLayer], group: str | None = None) -> list[Gimp.Layer]:
    """The same for layers whose source is not known any more."""
    check_kind(image, layers)
    return put(image, layers, group, TOP, None)


def check_kind(image: Gimp.Image, layers: Sequence[GimpNewLayer]) -> None:
    """Raises ``OverpaintError`` where ``layers`` are of another kind than the image."""
    check_image(image)
    gray = image.get_base_type() == Gimp.ImageBaseType.GRAY
    if any(_is_gray(new) != gray for new in layers):
        raise problem(
            "The answer that is waiting is of another kind of image: gray and colour do not go together.",
            "Open the image it was made from, or change this one's mode (Image > Mode).",
        )


def put(
    image: Gimp.Image, layers: Sequence[GimpNewLayer], group: str | None, place: StackPlace, space: object | None
) -> list[Gimp.Layer]:
    """One undo step. ``space``: of their numbers; None: the image's own."""
    made = [_make(image, layer, space) for layer in layers]
    clip = any(new.clip for new in layers)
    parent, position = place.parent, place.position
    if group is not None:
        for new, layer in zip(layers[:-1], made[:-1], strict=True):
            layer.set_visible(not new.rival)
    chosen = stack.chosen(image)
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
    stack.choose(image, chosen)
    Gimp.displays_flush()
    return made


def _clip(items: Sequence[Gimp.Layer]) -> None:
    """They show only where something below them does, and change no alpha there."""
    for item in items:
        item.set_composite_mode(Gimp.LayerCompositeMode.CLIP_TO_BACKDROP)


def _is_gray(new: GimpNewLayer) -> bool:
    return Layout(new.raster.channels, new.raster.depth, new.raster.transfer).gray


def write(layer: Gimp.Layer, pixels: Layout, data: bytes, space: object) -> None:
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
    write(layer, pixels, new.data, space or Babl.format_get_space(layer.get_format()))
    layer.update(0, 0, place.width, place.height)
    layer.attach_parasite(Gimp.Parasite.new(RECIPE, Gimp.PARASITE_PERSISTENT, new.note.encode()))
    return layer
