"""What an edit starts from, checked: for what cannot be done there is a sentence before any work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gi.repository import Gimp

from server.client.crop import is_blank
from server.client.reading import Reading
from server.client.submission import Mask
from server.client.wording import problem
from server.wire.errors import OverpaintError
from server.wire.geometry import Bounds
from server.wire.raster import Depth, Raster

from . import stack
from .pixels import bounds_of, read_mask, shows_in
from .stack import StackPlace


@dataclass(frozen=True)
class LayerMark:
    """Where a layer lay, so that it can be told later whether it has been moved."""

    layer: Gimp.Layer
    bounds: Bounds


@dataclass(frozen=True, eq=False)
class GimpSource:
    """What an edit starts from, as it was when the request was made. All bounds in image pixels.

    layer: None where all that is visible is read. bounds: what can be edited, within the canvas. part: what is to be
    edited of it. selected: whether by a selection. place: where a new layer goes; what lies below is what one sees.
    without: tattoos of layers that are not to be read though they lie there. answers: tattoos of all there were.
    marks: layers by which a change of the document is noticed. bare: there need be nothing to see. references: further
    layers to look at.
    """

    image: Gimp.Image
    reading: Reading
    layer: Gimp.Layer | None
    name: str
    canvas: Bounds
    bounds: Bounds
    part: Bounds
    selected: bool
    place: StackPlace
    marks: tuple[LayerMark, ...]
    without: frozenset[int] = frozenset()
    answers: frozenset[int] = frozenset()
    bare: bool = False
    references: tuple[Gimp.Layer, ...] = ()


def source(
    image: Gimp.Image,
    drawables: Sequence[Gimp.Drawable],
    reading: Reading,
    part: Bounds | None = None,
    without: frozenset[int] = frozenset(),
    *,
    bare: bool = False,
) -> GimpSource:
    """``part``: what is to be edited; None: what is selected, or everything. ``bare``: nothing need be visible. Raises
    ``OverpaintError`` with what to do where it cannot be read."""
    if not image.is_valid():
        raise problem("The image was closed while this edit was running.", "Open it again.")
    check_image(image)
    selection = _selection(image)
    find = _visible if reading is Reading.VISIBLE else _layer
    found = find(image, drawables, canvas(image), part or selection, without)
    if found.layer is None and not bare:
        _check_visible(found)
    return replace(found, selected=selection is not None, answers=stack.answers(image), bare=bare)


def canvas(image: Gimp.Image) -> Bounds:
    return Bounds(0, 0, image.get_width(), image.get_height())


def check_image(image: Gimp.Image) -> None:
    """Raises ``OverpaintError`` where nothing can be read of an image, nor put into it."""
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        raise problem("This image has a fixed palette of colours.", "Convert it with Image ▸ Mode ▸ RGB and try again.")
    if image.get_floating_sel() is not None:
        raise problem("A floating selection waits to be placed.", "Anchor it (Layer ▸ Anchor) and try again.")


def check_holds(image: Gimp.Image, crop: Bounds) -> None:
    """Raises ``OverpaintError`` where ``crop``, which was read of some image, was not read of this one."""
    check_image(image)
    if not canvas(image).contains(crop):
        raise problem("The answer that is waiting belongs to a larger image.", "Open the image it was made from.")


def renewed(found: GimpSource, part: Bounds | None) -> GimpSource:
    """The same as it is now: a dialog may have been open for long."""
    if found.image.is_valid() and found.layer is not None and not found.layer.is_valid():
        raise problem(
            "‘{name}’ was removed before it could be read.", "Choose another layer and try again.", name=found.name
        )
    drawables = [found.layer] if found.layer is not None else []
    now = source(found.image, drawables, found.reading, part, found.without, bare=found.bare)
    return replace(now, references=found.references)


def whole(image: Gimp.Image, layers: Sequence[Gimp.Layer]) -> Bounds:
    """Of the layer, or of the canvas where there is none."""
    return bounds_of(layers[0]) if layers else canvas(image)


def selection(found: GimpSource, raster: Raster) -> Mask:
    """What is selected within the bounds of ``raster``; 0 beyond the image's edges."""
    return read_mask(found.image.get_selection(), raster.bounds, raster.depth)


def _visible(
    image: Gimp.Image, _: Sequence[Gimp.Drawable], canvas: Bounds, part: Bounds | None, without: frozenset[int]
) -> GimpSource:
    marks = tuple(LayerMark(layer, bounds_of(layer)) for layer in image.get_layers())
    reading, top = Reading.VISIBLE, stack.TOP
    return GimpSource(image, reading, None, "", canvas, canvas, part or canvas, False, top, marks, without)


def _check_visible(found: GimpSource) -> None:
    if not any(mark.layer.get_visible() and shows_in(mark.layer, found.canvas) for mark in found.marks):
        raise problem("Nothing is visible in this image.", "Show a layer (the eye in the Layers dialog).")


def _layer(
    image: Gimp.Image, drawables: Sequence[Gimp.Drawable], canvas: Bounds, part: Bounds | None, without: frozenset[int]
) -> GimpSource:
    layer = stack.base_of(chosen(drawables))
    name, whole = layer.get_name(), bounds_of(layer)
    _check(layer)
    bounds = whole.intersect(canvas)
    if bounds.empty:
        raise problem("‘{name}’ lies outside the image.", "Move it into the image, or choose another layer.", name=name)
    if part is not None and part.intersect(bounds).empty:
        raise problem(
            "The selection does not touch ‘{name}’.",
            "Choose the layer that is selected there, or select another part.",
            name=name,
        )
    part = part or bounds
    _check_masks(layer, part.intersect(bounds))
    place, marks = stack.above(layer, part), (LayerMark(layer, whole),)
    return GimpSource(image, Reading.LAYER, layer, name, canvas, bounds, part, False, place, marks, without)


def chosen(drawables: Sequence[Gimp.Drawable]) -> Gimp.Layer:
    """The one layer that is chosen; the mask of a layer stands for its layer."""
    if not drawables:
        raise no_layer()
    if len(drawables) > 1:
        raise problem("{count} layers are chosen.", "Choose one of them.", count=len(drawables))
    drawable = drawables[0]
    if not drawable.is_valid():
        raise no_layer()
    if drawable.is_layer_mask():
        return Gimp.Layer.from_mask(drawable)
    if not drawable.is_layer():
        if drawable.get_name() == QUICK_MASK:
            raise problem("The Quick Mask is on.", "Turn it off (Select ▸ Toggle Quick Mask), then choose a layer.")
        raise problem("‘{name}’ is not a layer.", "Choose a layer in the Layers dialog.", name=drawable.get_name())
    return drawable


def no_layer() -> OverpaintError:
    return problem("No layer is chosen.", "Click the layer to edit in the Layers dialog.")


QUICK_MASK = "Qmask"
"""GIMP's own name for the channel that is the quick mask."""


def _check(layer: Gimp.Layer) -> None:
    if layer.is_group():
        raise problem("‘{name}’ is a group of layers.", "Choose a layer inside it.", name=layer.get_name())
    for item in (layer, *stack.around(layer)):
        if item.is_group() and item.get_lock_content():  # the new layer could not be put into it
            raise problem(
                "‘{name}’ is locked, so no layer can be put into it.",
                "Unlock the group, or choose another layer.",
                name=item.get_name(),
            )
        if not item.get_visible():
            raise problem(
                "‘{name}’ is hidden.",
                "Show it (the eye in the Layers dialog), or choose another layer.",
                name=item.get_name(),
            )
        if item.get_opacity() == 0:
            raise problem(
                "‘{name}’ has an opacity of 0, so it is not seen.",
                "Raise its opacity, or choose another layer.",
                name=item.get_name(),
            )
    if layer.get_mask() is not None and layer.get_show_mask():
        raise problem(
            "The mask of ‘{name}’ is shown in place of its picture.",
            "Turn off Layer ▸ Mask ▸ Show Layer Mask and try again.",
            name=layer.get_name(),
        )


def _check_masks(layer: Gimp.Layer, part: Bounds) -> None:
    for item in (layer, *stack.around(layer)):
        if stack.masked(item) and is_blank(read_mask(item.get_mask(), part, Depth.U8).data):
            raise problem(
                "The mask of ‘{name}’ hides everything there.",
                "Select a part that shows, or choose another layer.",
                name=item.get_name(),
            )


def check_not_empty(found: GimpSource) -> None:
    """Raises ``OverpaintError`` where the layer (with the answers on it) has nothing in the part to be edited; names
    the layer below that has."""
    if found.layer is None:
        return
    number = stack.tattoo(found.layer)
    answers = (item for item in stack.between(found.layer, found.place) if stack.answers_on(item, number))
    if any(item.get_visible() and shows_in(item, found.part) for item in (found.layer, *answers)):
        return
    siblings = stack.beside(found.image, found.layer.get_parent())
    below = siblings[siblings.index(found.layer) + 1 :]
    name = next((each.get_name() for each in below if each.get_visible() and shows_in(each, found.part)), None)
    if name is None:
        raise problem("‘{name}’ is empty there.", "Choose the layer that has what should go.", name=found.name)
    raise problem(
        "‘{name}’ is empty there; what you see is on ‘{below}’.",
        "Choose ‘{below}’ in the Layers dialog.",
        name=found.name,
        below=name,
    )


def _selection(image: Gimp.Image) -> Bounds | None:
    _, some, left, top, right, bottom = Gimp.Selection.bounds(image)
    return Bounds(left, top, right - left, bottom - top) if some else None
