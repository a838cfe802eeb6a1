"""Has the document changed while an edit ran? Where it has, an answer follows, or is refused: the server keeps it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gi.repository import Gimp

from server.client.crop import cut
from server.client.wording import problem
from server.wire.geometry import Bounds

from . import source as sources
from . import stack, taking
from .pixels import Preview, bounds_of, preview
from .source import GimpSource
from .stack import StackPlace
from .taking import Taken

SIDE = 48
"""Pixels a side of the small pictures by which it is told whether a picture is still the one that was sent."""

ALIKE = 12
"""Levels of 255 by which a pixel of these may differ: what a change of depth or profile costs."""

MOST = 0.25
"""Of its pixels may have changed."""


@dataclass(frozen=True)
class Landing:
    """Where an answer goes: between which layers, and by how many pixels its source has been moved."""

    place: StackPlace
    x: int
    y: int

    def moved(self, bounds: Bounds, scale: int = 1) -> Bounds:
        """``bounds`` of before, in pixels of a document that is ``scale`` times as large."""
        return bounds.shifted(self.x * scale, self.y * scale)


def landing(source: GimpSource, taken: Taken) -> Landing:
    """Raises ``OverpaintError`` where an answer would not fit any more."""
    x, y = _shift(source)
    now = _now(source, (x, y))
    _check_alike(source, now, taken, (x, y))
    return Landing(now.place, x, y)


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
    part = source.part.shifted(*shift)
    return sources.source(source.image, drawables, source.reading, part, source.without | fresh, bare=source.bare)


def _check_alike(source: GimpSource, now: GimpSource, taken: Taken, shift: tuple[int, int]) -> None:
    """Raises ``OverpaintError`` where the picture is not the one any more that was sent: it has been turned, say, or
    painted over where the answer belongs."""
    then = taken.raster.bounds
    seen = taking.take(now, lambda _: then.shifted(*shift), outline=False)
    shades = "Y'A u8" if now.image.get_base_type() == Gimp.ImageBaseType.GRAY else "R'G'B'A u8"
    for part in (then, source.part.intersect(then)):
        if _differ(_small(taken, part, shades), _small(seen, part.shifted(*shift), shades)):
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
