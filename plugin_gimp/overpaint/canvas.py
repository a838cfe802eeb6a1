"""The one file that calls Gimp and Gegl: what lies on the canvas, and the new layers.

GIMP kills a plug-in that writes to a group, a locked or a removed layer, or that uses a format name it does not know; a
wrong number of bytes it takes in silence. So everything is checked here before it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from formats import Layout, layout, mask_layout  # noqa: E402  # gi wants its versions before
from gi.repository import Babl, Gegl, Gimp, GObject  # noqa: E402
from words import problem, say  # noqa: E402

from server.client.submission import Mask  # noqa: E402
from server.wire.errors import Code, OverpaintError  # noqa: E402
from server.wire.geometry import Bounds  # noqa: E402
from server.wire.raster import Channels, Raster  # noqa: E402

RECIPE = "overpaint-recipe"
"""Name of the parasite (GIMP's word for a note in a layer) that holds how the layer was made."""


@dataclass(frozen=True, eq=False)
class Source:
    """The layer an edit starts from, checked, as it was when the request was made. All bounds in image pixels.

    selection: None where nothing is selected. space: Babl's word for the colour space of the layer's numbers, kept here
    because a layer that has been removed cannot be asked any more.
    """

    image: Gimp.Image
    layer: Gimp.Layer
    name: str
    bounds: Bounds
    selection: Bounds | None
    layout: Layout
    space: object


@dataclass(frozen=True)
class NewLayer:
    name: str
    raster: Raster
    data: bytes
    note: str


@dataclass(frozen=True)
class Preview:
    """A picture for a dialog: R, G, B, A in 8 bits each, sRGB, straight alpha, rows without padding."""

    width: int
    height: int
    data: bytes


# --- reading --------------------------------------------------------------------------------------


def source(image: Gimp.Image, drawables: Sequence[Gimp.Drawable]) -> Source:
    """The one layer that is chosen. Raises ``OverpaintError`` with what to do when it cannot be worked on."""
    if not drawables:
        raise problem("no-layer")
    if len(drawables) > 1:
        raise problem("many-layers", count=len(drawables))
    layer = _layer(drawables[0])
    _check(image, layer)
    pixels = layout(Babl.format_get_encoding(layer.get_format()))
    if pixels is None:
        raise problem("indexed")
    space = Babl.format_get_space(layer.get_format())
    return Source(image, layer, layer.get_name(), _bounds(layer), _selection(image), pixels, space)


def _layer(drawable: Gimp.Drawable) -> Gimp.Layer:
    if not drawable.is_valid():
        raise problem("no-layer")
    if drawable.is_layer_mask():
        return Gimp.Layer.from_mask(drawable)
    if not drawable.is_layer():
        raise problem("not-a-layer", name=drawable.get_name())
    return drawable


def _check(image: Gimp.Image, layer: Gimp.Layer) -> None:
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        raise problem("indexed")
    if image.get_floating_sel() is not None:
        raise problem("floating")
    if layer.is_group():
        raise problem("group", name=layer.get_name())
    item: Gimp.Item | None = layer
    while item is not None:
        if item.get_lock_content():
            raise problem("locked", name=item.get_name())
        item = item.get_parent()


def _bounds(layer: Gimp.Layer) -> Bounds:
    _, x, y = layer.get_offsets()
    return Bounds(x, y, layer.get_width(), layer.get_height())


def _selection(image: Gimp.Image) -> Bounds | None:
    _, some, left, top, right, bottom = Gimp.Selection.bounds(image)
    return Bounds(left, top, right - left, bottom - top) if some else None


def read(origin: Source, crop: Bounds) -> tuple[Raster, bytes]:
    """The layer's own bytes within ``crop``, which must lie inside the layer."""
    raster = Raster(crop, origin.layout.channels, origin.layout.depth, origin.layout.transfer)
    data = _bytes(origin.layer, crop.relative_to(origin.bounds), _native(origin.space, origin.layout))
    if len(data) != raster.nbytes:
        raise problem("short", name=origin.name)
    return raster, data


def read_mask(origin: Source, crop: Bounds) -> Mask:
    """The selection within ``crop``; 0 beyond the image's edges."""
    depth, name = mask_layout(origin.layout.depth)
    data = _bytes(origin.image.get_selection(), crop, name)
    if len(data) != crop.extent.pixels * depth.nbytes:
        raise problem("short", name=origin.name)
    return Mask(depth, data)


def profile(image: Gimp.Image) -> bytes | None:
    """The image's ICC profile; None where it has none (GIMP means sRGB, or its gray)."""
    found = image.get_color_profile()
    return bytes(found.get_icc_profile()) if found is not None else None


def _bytes(drawable: Gimp.Drawable, place: Bounds, name: str) -> bytes:
    if not drawable.is_valid():
        raise problem("layer-gone", name="")
    rectangle = Gegl.Rectangle.new(place.x, place.y, place.width, place.height)
    return drawable.get_buffer().get(rectangle, 1.0, name, Gegl.AbyssPolicy.NONE)


def _native(space: object, pixels: Layout) -> str:
    """The format in a drawable's own colour ``space``: a plain name would convert to sRGB."""
    return Babl.get_name(Babl.format_with_space(pixels.babl, space))


def preview(origin: Source, raster: Raster, data: bytes, longest: int) -> Preview:
    """Bytes as ``read`` gave them or a server's answer to them, at most ``longest`` pixels a side."""
    Gegl.init(None)
    width, height = raster.bounds.width, raster.bounds.height
    whole = Gegl.Rectangle.new(0, 0, width, height)
    name = _native(origin.space, Layout(raster.channels, raster.depth, raster.transfer))
    if len(data) != raster.nbytes:
        raise OverpaintError(Code.INTERNAL, say("error-unexpected", why="size"), say("hint-unexpected"))
    buffer = Gegl.Buffer.new(name, 0, 0, width, height)
    buffer.set(whole, name, data)
    scale = min(1.0, longest / max(width, height))
    small = Gegl.Rectangle.new(0, 0, max(1, round(width * scale)), max(1, round(height * scale)))
    shown = buffer.get(small, scale, "R'G'B'A u8", Gegl.AbyssPolicy.CLAMP)
    return Preview(small.width, small.height, shown)


# --- writing --------------------------------------------------------------------------------------


def add_layers(origin: Source, layers: Sequence[NewLayer], group: str | None = None) -> list[Gimp.Layer]:
    """Put ``layers`` above the source in one undo step, the first one lowest, and leave the choice of layers and the
    selection as they were. Where the source has been removed meanwhile they go to the top of the image.

    group: the name of a group that they go into. Of several answers on one another only the topmost is visible there:
    soft edges on top of each other would be hard.
    """
    if not origin.image.is_valid():
        raise problem("closed")
    return _put(origin.image, layers, group, lambda: _place(origin))


def add_on_top(image: Gimp.Image, layers: Sequence[NewLayer], group: str | None = None) -> list[Gimp.Layer]:
    """The same for layers whose source is not known any more."""
    gray = image.get_base_type() == Gimp.ImageBaseType.GRAY
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED or any(_is_gray(new) != gray for new in layers):
        raise problem("other-colours")
    return _put(image, layers, group, lambda: (None, 0))


def _put(
    image: Gimp.Image,
    layers: Sequence[NewLayer],
    group: str | None,
    place: Callable[[], tuple[Gimp.Layer | None, int]],
) -> list[Gimp.Layer]:
    made = [_make(image, layer) for layer in layers]
    chosen = image.get_selected_layers()
    parent, position = place()
    if group is not None:
        for layer in made[:-1]:
            layer.set_visible(False)
    image.undo_group_start()
    if group is not None:
        folder = Gimp.GroupLayer.new(image, group)
        image.insert_layer(folder, parent, position)
        parent, position = folder, 0
    for layer in made:
        image.insert_layer(layer, parent, position)
    image.undo_group_end()
    image.set_selected_layers([layer for layer in chosen if layer.is_valid()])
    Gimp.displays_flush()
    return made


def _place(origin: Source) -> tuple[Gimp.Layer | None, int]:
    """Where the new layers go: parent (None: the image itself) and position (0: the top)."""
    layer = origin.layer
    if not layer.is_valid() or layer.get_image().get_id() != origin.image.get_id():
        return None, 0
    parent = layer.get_parent()
    above: Gimp.Item | None = parent
    while above is not None:
        if above.get_lock_content():  # it was locked meanwhile, and inserting there would kill the plug-in
            return None, 0
        above = above.get_parent()
    return parent, origin.image.get_item_position(layer)


def _is_gray(new: NewLayer) -> bool:
    return Layout(new.raster.channels, new.raster.depth, new.raster.transfer).gray


def _make(image: Gimp.Image, new: NewLayer) -> Gimp.Layer:
    """A layer with its pixels, place and note, not yet in the image: so none of it needs a step to undo."""
    pixels = Layout(new.raster.channels, new.raster.depth, new.raster.transfer)
    if len(new.data) != new.raster.nbytes or _is_gray(new) != (image.get_base_type() == Gimp.ImageBaseType.GRAY):
        raise OverpaintError(Code.INTERNAL, say("error-unexpected", why="size"), say("hint-unexpected"))
    kind = Gimp.ImageType.GRAYA_IMAGE if pixels.channels is Channels.GRAY_ALPHA else Gimp.ImageType.RGBA_IMAGE
    place = new.raster.bounds
    layer = Gimp.Layer.new(image, new.name, place.width, place.height, kind, 100.0, Gimp.LayerMode.NORMAL)
    layer.set_offsets(place.x, place.y)
    buffer = layer.get_buffer()
    buffer.set(
        Gegl.Rectangle.new(0, 0, place.width, place.height),
        _native(Babl.format_get_space(layer.get_format()), pixels),
        new.data,
    )
    buffer.flush()
    layer.update(0, 0, place.width, place.height)
    layer.attach_parasite(Gimp.Parasite.new(RECIPE, Gimp.PARASITE_PERSISTENT, new.note.encode()))
    return layer


def as_value(procedure: Gimp.Procedure, layers: Sequence[Gimp.Layer]) -> GObject.Value:
    """``layers`` as a procedure returns them. GIMP 3 gives Python no way to fill such an array but through a config."""
    config = procedure.create_config()
    config.set_core_object_array("drawables", list(layers))
    return GObject.Value(GObject.type_from_name("GimpCoreObjectArray"), config.get_property("drawables"))


# --- what was made before -------------------------------------------------------------------------


def note(layer: Gimp.Layer) -> str | None:
    """The recipe text of a layer that we made, None for any other."""
    found = layer.get_parasite(RECIPE)
    return bytes(found.get_data()).decode(errors="replace") if found is not None else None


def tattoo(layer: Gimp.Layer) -> int:
    """GIMP's number for a layer that lasts as long as the file; 0 for one that has been removed."""
    return layer.get_tattoo() if layer.is_valid() else 0


def layer_with(image: Gimp.Image, tattoo: int) -> Gimp.Layer | None:
    """The layer with that ``tattoo``, None where it is gone."""
    return image.get_layer_by_tattoo(tattoo) if tattoo else None


# --- while it runs --------------------------------------------------------------------------------


def begin_progress(text: str) -> None:
    Gimp.progress_init(text)


def show_progress(text: str, fraction: float | None) -> None:
    """``fraction`` 0..1, None where it is not known."""
    Gimp.progress_set_text(text)
    if fraction is None:
        Gimp.progress_pulse()
    else:
        Gimp.progress_update(min(1.0, max(0.0, fraction)))


def tell(text: str) -> None:
    """Something worth knowing that is not an error; GIMP shows it in its own way."""
    Gimp.message(text)


def end_progress() -> None:
    Gimp.progress_end()
