"""Bytes out of GIMP's drawables, in the numbers they have there, and small pictures of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from formats import Layout, layout, mask_layout
from gi.repository import Babl, Gegl, Gimp

from server.client import alpha
from server.client.crop import is_blank
from server.client.submission import Mask
from server.client.translation import tr
from server.client.wording import problem
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.raster import Depth, Raster

STRIP = 256
"""Rows that are looked at at once: most layers show something in the first."""


@dataclass(frozen=True)
class Preview:
    """A picture for a dialog: R, G, B, A in 8 bits each, sRGB, straight alpha, rows without padding."""

    width: int
    height: int
    data: bytes


def bounds_of(item: Gimp.Drawable) -> Bounds:
    """In image pixels."""
    _, x, y = item.get_offsets()
    return Bounds(x, y, item.get_width(), item.get_height())


def read(drawable: Gimp.Drawable, crop: Bounds) -> tuple[Raster, bytes]:
    """The drawable's own bytes within ``crop`` (image pixels); zeros beyond its edges. Raises ``OverpaintError`` where
    it is gone or has a palette."""
    pixels = layout_of(drawable)
    raster = Raster(crop, pixels.channels, pixels.depth, pixels.transfer)
    space = Babl.format_get_space(drawable.get_format())
    data = _bytes(drawable, crop, native(space, pixels))
    if len(data) != raster.nbytes:
        raise problem("GIMP gave fewer pixels of ‘{name}’ than it should.", "Try again.", name=drawable.get_name())
    return raster, data


def alphas(drawable: Gimp.Drawable, crop: Bounds) -> bytes:
    """How opaque the drawable is within ``crop``, in 8 bits a pixel."""
    if not drawable.has_alpha():
        return alpha.everywhere(crop.extent.pixels)
    return _bytes(drawable, crop, "A u8")


def layout_of(drawable: Gimp.Drawable) -> Layout:
    if not drawable.is_valid():
        raise problem("‘{name}’ was removed before it could be read.", "Choose another layer and try again.", name="")
    found = layout(Babl.format_get_encoding(drawable.get_format()))
    if found is None:
        raise problem("This image has a fixed palette of colours.", "Convert it with Image ▸ Mode ▸ RGB and try again.")
    return found


def read_mask(drawable: Gimp.Drawable, crop: Bounds, depth: Depth) -> Mask:
    """A channel (the selection, the mask of a layer) within ``crop``, as a mask for pixels of ``depth``; 0 beyond the
    channel's edges."""
    kept, name = mask_layout(depth)
    data = _bytes(drawable, crop, name)
    if len(data) != crop.extent.pixels * kept.nbytes:
        raise problem("GIMP gave fewer pixels of ‘{name}’ than it should.", "Try again.", name=drawable.get_name())
    return Mask(kept, data)


def shows_in(drawable: Gimp.Drawable, part: Bounds) -> bool:
    """Whether anything of the drawable can be seen within ``part`` (image pixels)."""
    here = part.intersect(bounds_of(drawable))
    strips = (
        replace(here, y=y, height=min(STRIP, here.bottom - y)) for y in range(here.y, here.bottom, STRIP) if here.width
    )
    return any(not is_blank(alphas(drawable, strip)) for strip in strips)


def shape_of(drawable: Gimp.Drawable, crop: Bounds) -> bytes:
    """Where within ``crop`` the drawable is not fully transparent (see ``alpha``); nowhere beyond its edges."""
    here = crop.intersect(bounds_of(drawable))
    if here.empty:
        return bytes(crop.extent.pixels)
    inside = alpha.samples_shape(_bytes(drawable, here, "A float"), Depth.F32)
    return alpha.padded(inside, here, crop)


def _bytes(drawable: Gimp.Drawable, crop: Bounds, name: str) -> bytes:
    if not drawable.is_valid():
        raise problem("‘{name}’ was removed before it could be read.", "Choose another layer and try again.", name="")
    _, x, y = drawable.get_offsets()
    place = Gegl.Rectangle.new(crop.x - x, crop.y - y, crop.width, crop.height)
    return drawable.get_buffer().get(place, 1.0, name, Gegl.AbyssPolicy.NONE)


def native(space: object, pixels: Layout) -> str:
    """The format in a drawable's own colour ``space``: a plain name would convert to sRGB."""
    return Babl.get_name(Babl.format_with_space(pixels.babl, space))


def preview(space: object, raster: Raster, data: bytes, longest: int, shades: str = "R'G'B'A u8") -> Preview:
    """Bytes in a colour ``space``, at most ``longest`` pixels a side. ``shades``: a Babl format of 8 bits."""
    Gegl.init(None)
    width, height = raster.bounds.width, raster.bounds.height
    whole = Gegl.Rectangle.new(0, 0, width, height)
    name = native(space, Layout(raster.channels, raster.depth, raster.transfer))
    if len(data) != raster.nbytes:
        raise OverpaintError(
            Code.INTERNAL,
            tr("Overpaint met something unexpected: {why}", why="size"),
            tr("Try again; if it stays, tell us what you did."),
        )
    buffer = Gegl.Buffer.new(name, 0, 0, width, height)
    buffer.set(whole, name, data)
    scale = min(1.0, longest / max(width, height))
    small = Gegl.Rectangle.new(0, 0, max(1, round(width * scale)), max(1, round(height * scale)))
    shown = buffer.get(small, scale, shades, Gegl.AbyssPolicy.CLAMP)
    return Preview(small.width, small.height, shown)


def profile(image: Gimp.Image) -> bytes | None:
    """The image's ICC profile; None where it has none (GIMP means sRGB, or its gray)."""
    found = image.get_color_profile()
    return bytes(found.get_icc_profile()) if found is not None else None
