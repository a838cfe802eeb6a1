"""What one sees at a place of the stack, read from a copy of the image: the user's own is not touched, not even for a
moment. GIMP copies an image without copying its pixels, and only the part that is asked for is put together."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace

from gi.repository import Gimp

from server.wire.geometry import Bounds
from server.wire.raster import Raster

from .pixels import alphas, read
from .stack import StackPlace, any_layer, beside, everything, passes_through

COMPONENTS = (
    Gimp.ChannelType.RED,
    Gimp.ChannelType.GREEN,
    Gimp.ChannelType.BLUE,
    Gimp.ChannelType.GRAY,
    Gimp.ChannelType.ALPHA,
)


def seen(
    image: Gimp.Image, place: StackPlace, crop: Bounds, without: Collection[int] = ()
) -> tuple[Raster, bytes, bytes]:
    """All that lies below ``place``, put together within ``crop`` as GIMP itself does it. In a group that shows its
    layers as one picture, all of it in that group. ``without``: tattoos of layers to leave out.
    Returns what ``pixels.read`` and ``pixels.alphas`` do."""
    path = _path(place.parent)
    with _twin(image) as copy:
        _uncover(copy, path, place.position)
        # A copy's tattoos are others as soon as a layer has been removed, or has a mask.
        _hide([_counterpart(copy, item) for item in everything(image) if item.get_tattoo() in without])
        for item in everything(copy):
            _unlock(item)
            if item.get_mask() is not None:
                item.set_show_mask(False)
        return _put_together(copy, crop)


def alone(layer: Gimp.Layer, crop: Bounds) -> tuple[Raster, bytes]:
    """The layer or group by itself within ``crop``, as GIMP shows it through its mask and its filters, but opaque and
    on nothing. Returns what ``pixels.read`` does."""
    with _twin(layer.get_image()) as copy:
        own = _counterpart(copy, layer)
        for item in everything(copy):
            _unlock(item)
            if item.get_mask() is not None:
                item.set_show_mask(False)
        item = own
        while item is not None:
            _hide([each for each in beside(copy, item.get_parent()) if each != item])
            item = item.get_parent()
            if item is not None:
                _show_as_it_is(item)
        own.set_visible(True)
        own.set_opacity(100.0)
        own.set_mode(Gimp.LayerMode.NORMAL)
        own.set_composite_mode(Gimp.LayerCompositeMode.AUTO)
        return _put_together(copy, crop)[:2]


def _put_together(copy: Gimp.Image, crop: Bounds) -> tuple[Raster, bytes, bytes]:
    copy.resize(crop.width, crop.height, -crop.x, -crop.y)
    if not copy.get_layers():  # GIMP puts nothing together out of nothing
        copy.insert_layer(any_layer(copy), None, 0)
    layer = Gimp.Layer.new_from_visible(copy, copy, "seen")
    copy.insert_layer(layer, None, 0)
    here = Bounds(0, 0, crop.width, crop.height)
    raster, data = read(layer, here)
    return replace(raster, bounds=crop), data, alphas(layer, here)


@contextmanager
def _twin(image: Gimp.Image) -> Iterator[Gimp.Image]:
    """A copy with its layers alone: channels (the quick mask is one) lie over the picture."""
    copy = image.duplicate()
    try:
        copy.undo_disable()
        for channel in copy.get_channels():
            channel.set_visible(False)
        for component in COMPONENTS:
            if (component is Gimp.ChannelType.GRAY) == (copy.get_base_type() == Gimp.ImageBaseType.GRAY):
                copy.set_component_visible(component, True)
        yield copy
    finally:
        copy.delete()


def _counterpart(copy: Gimp.Image, layer: Gimp.Layer) -> Gimp.Layer:
    """The same layer in the copy of its image."""
    found: Gimp.Layer | None = None
    for position in _path(layer):
        found = beside(copy, found)[position]
    return found


def _path(item: Gimp.Layer | None) -> list[int]:
    """Its position in each group from the outermost in. A copy has the same."""
    path: list[int] = []
    while item is not None:
        path.insert(0, item.get_image().get_item_position(item))
        item = item.get_parent()
    return path


def _uncover(copy: Gimp.Image, path: list[int], position: int) -> None:
    """Hides what does not lie below the place, and lets the groups around it change nothing."""
    groups: list[Gimp.Layer] = []
    for number in path:
        groups.append(beside(copy, groups[-1] if groups else None)[number])
    _hide(beside(copy, groups[-1] if groups else None)[:position])
    alone = False
    for group in reversed(groups):
        siblings = beside(copy, group.get_parent())
        alone = alone or not passes_through(group)
        _hide(siblings[: siblings.index(group)])
        if alone:
            _hide(siblings[siblings.index(group) + 1 :])
        _show_as_it_is(group)


def _hide(items: list[Gimp.Layer]) -> None:
    for item in items:
        _unlock(item)
        item.set_visible(False)


def _show_as_it_is(group: Gimp.Layer) -> None:
    _unlock(group)
    group.set_visible(True)
    group.set_opacity(100.0)
    if group.get_mask() is not None:
        group.set_apply_mask(False)
    for each in group.get_filters():
        each.set_visible(False)
    if not passes_through(group):
        group.set_mode(Gimp.LayerMode.NORMAL)


def _unlock(item: Gimp.Layer) -> None:
    item.set_lock_content(False)
    item.set_lock_visibility(False)
    item.set_lock_position(False)
