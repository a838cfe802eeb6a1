"""A selection that was found, as GIMP's own."""

from __future__ import annotations

from formats import Layout
from gi.repository import Babl, Gimp

from server.client import alpha
from server.client.combining import Combining
from server.wire.geometry import Bounds
from server.wire.raster import Channels, Raster, Transfer

from . import meanwhile, stack
from .placing import write
from .source import GimpSource, check_holds
from .taking import Taken

OPERATIONS = {
    Combining.REPLACE: Gimp.ChannelOps.REPLACE,
    Combining.ADD: Gimp.ChannelOps.ADD,
    Combining.SUBTRACT: Gimp.ChannelOps.SUBTRACT,
    Combining.INTERSECT: Gimp.ChannelOps.INTERSECT,
}


def select(source: GimpSource, taken: Taken, raster: Raster, mask: bytes, how: Combining) -> None:
    """``mask`` (white is selected, nothing is beyond the bounds of ``raster``) becomes what is selected, in one undo
    step; it follows its source where that has been moved. Raises ``OverpaintError`` where that is gone or changed."""
    to = meanwhile.landing(source, taken)
    _apply(source.image, raster, to.moved(raster.bounds), mask, how)


def select_in(image: Gimp.Image, raster: Raster, mask: bytes, how: Combining) -> None:
    """The same where the source is not known any more."""
    check_holds(image, raster.bounds)
    _apply(image, raster, raster.bounds, mask, how)


def _apply(image: Gimp.Image, raster: Raster, at: Bounds, mask: bytes, how: Combining) -> None:
    """By a layer that is as opaque as the mask is white, and gone again within the step: the selection itself is not to
    be painted on, and a channel would bend the values (its gray is not the selection's)."""
    chosen = stack.chosen(image)
    image.undo_group_start()
    stencil = _stencil(image, raster, at, mask)
    image.insert_layer(stencil, None, 0)
    Gimp.context_push()
    Gimp.context_set_feather(False)
    image.select_item(OPERATIONS[how], stencil)
    Gimp.context_pop()
    image.remove_layer(stencil)
    image.undo_group_end()
    stack.choose(image, chosen)
    Gimp.displays_flush()


def _stencil(image: Gimp.Image, raster: Raster, at: Bounds, mask: bytes) -> Gimp.Layer:
    gray = image.get_base_type() == Gimp.ImageBaseType.GRAY
    kind = Gimp.ImageType.GRAYA_IMAGE if gray else Gimp.ImageType.RGBA_IMAGE
    layer = Gimp.Layer.new(image, "", at.width, at.height, kind, 100.0, Gimp.LayerMode.NORMAL)
    layer.set_visible(False)
    layer.set_offsets(at.x, at.y)
    pixels = Layout(Channels.GRAY_ALPHA, raster.depth, Transfer.PROFILE)
    write(layer, pixels, alpha.as_stencil(mask, raster.depth), Babl.format_get_space(layer.get_format()))
    return layer
