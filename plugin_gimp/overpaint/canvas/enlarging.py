"""A larger document: what is there is enlarged, room is made around it, and the answer lies on it."""

from __future__ import annotations

from gi.repository import Gimp

from server.client.wording import problem
from server.wire.geometry import Bounds

from . import meanwhile
from .placing import GimpNewLayer, check_kind, put
from .source import GimpSource, check_holds
from .stack import TOP, StackPlace
from .taking import Taken

LARGEST = 524288
"""Pixels a side of an image, in GIMP."""


def enlarge(source: GimpSource, taken: Taken, new: GimpNewLayer, scale: int) -> list[Gimp.Layer]:
    """``new`` (in pixels of the enlarged image) above its source in an image that is ``scale`` times as large and has
    room for it, in one undo step. Raises ``OverpaintError`` where it would not fit any more."""
    to = meanwhile.landing(source, taken)
    return _enlarged(source.image, new.at(to.moved(new.raster.bounds, scale)), scale, to.place, taken.space)


def enlarge_on_top(image: Gimp.Image, new: GimpNewLayer, crop: Bounds, scale: int) -> list[Gimp.Layer]:
    """The same where the source is not known any more. ``crop``: what of it was read."""
    check_kind(image, [new])
    check_holds(image, crop)
    return _enlarged(image, new, scale, TOP, None)


def _enlarged(
    image: Gimp.Image, new: GimpNewLayer, scale: int, place: StackPlace, space: object | None
) -> list[Gimp.Layer]:
    canvas = Bounds(0, 0, image.get_width() * scale, image.get_height() * scale)
    room = canvas.around(new.raster.bounds)
    if room.extent.longest > LARGEST:
        raise problem("The image would become too large for GIMP.", "Enlarge it less, or a smaller image.")
    image.undo_group_start()
    if scale != 1:
        Gimp.context_push()
        Gimp.context_set_interpolation(Gimp.InterpolationType.CUBIC)
        image.scale(canvas.width, canvas.height)
        Gimp.context_pop()
    if room != canvas:
        image.resize(room.width, room.height, -room.x, -room.y)
    made = put(image, [new.at(new.raster.bounds.relative_to(room))], None, place, space)
    image.undo_group_end()
    return made
