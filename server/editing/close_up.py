"""What of a scene a model is shown. One that sees few pixels gets the selection and a little around it, not the whole
crop: else the thing to be painted would be a few pixels large."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt

from server.pixels import masks
from server.pixels.picture import F32, Picture, on_paper
from server.pixels.sizes import resample
from server.wire.geometry import Bounds, Extent

from .edit import Scene

_MARGIN = 1 / 6
"""Of the selection's longer side, on each side: the selection then fills three quarters of the square."""

_SMALLEST = 16
_PREVIEW = 256


@dataclass(frozen=True, eq=False)
class CloseUp:
    """``part`` of the scene ``of``, in pixels of the scene. It may reach beyond: there the border is repeated, and
    nothing is to be painted."""

    of: Scene
    part: Bounds

    @property
    def scene(self) -> Scene:
        """What the model is shown; made anew each time, because it may be as large as the document."""
        if self._everything:
            return self.of
        picture, here = self.of.picture, self._grid
        return Scene(Picture(picture.rgb[here], picture.alpha[here]), self.mask)

    @property
    def mask(self) -> F32:
        """That of ``scene``."""
        if self._everything:
            return self.of.mask
        return np.where(self._inside, self.of.mask[self._grid], np.float32(0))

    def placed(self, image: F32) -> F32:
        """An answer (h, w, 3) to ``scene``, with the rest of the picture around it: (H, W, 3)."""
        if self._everything:
            return image
        return _put(image, self.part, self.of.picture.rgb)

    def preview(self, image: F32) -> F32:
        """A small picture (h, w, 3) of ``scene``, shown in its place in a small one of the whole."""
        if self._everything:
            return image
        extent = self.of.picture.extent
        scale = min(1.0, _PREVIEW / extent.longest)
        small = Extent(*(max(1, round(side * scale)) for side in (extent.width, extent.height)))
        x, y, side = (round(length * scale) for length in (self.part.x, self.part.y, self.part.width))
        square = Bounds(x, y, max(1, side), max(1, side))
        return _put(resample(image, square.extent), square, resample(on_paper(self.of.picture), small))

    @property
    def _everything(self) -> bool:
        return self.part == _bounds(self.of.picture.extent)

    @property
    def _grid(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Rows (h, 1) and columns (1, w) of the scene, the border's own beyond it."""
        extent, part = self.of.picture.extent, self.part
        rows = np.arange(part.y, part.bottom).clip(0, extent.height - 1)
        columns = np.arange(part.x, part.right).clip(0, extent.width - 1)
        return rows[:, None], columns[None, :]

    @property
    def _inside(self) -> npt.NDArray[np.bool_]:
        extent, part = self.of.picture.extent, self.part
        rows, columns = np.arange(part.y, part.bottom), np.arange(part.x, part.right)
        inside: npt.NDArray[np.bool_] = ((rows >= 0) & (rows < extent.height))[:, None] & (
            (columns >= 0) & (columns < extent.width)
        )
        return inside


def whole(scene: Scene) -> CloseUp:
    return CloseUp(scene, _bounds(scene.picture.extent))


def close_up(scene: Scene, context: int | None = None, least: int = _SMALLEST) -> CloseUp:
    """The square around all that is selected. ``context``: pixels around it where the user said how many; else what
    suits its size. It stays inside the picture where there is room, has at least ``least`` pixels a side, and is no
    larger than the picture's longer side."""
    extent, box = scene.picture.extent, masks.bounds(scene.mask)
    margin = ceil(_MARGIN * box.extent.longest) if context is None else context
    side = min(max(box.extent.longest + 2 * margin, least), extent.longest)
    x = _start(box.x + box.width / 2, side, extent.width)
    y = _start(box.y + box.height / 2, side, extent.height)
    return CloseUp(scene, Bounds(x, y, side, side))


def _put(image: F32, part: Bounds, onto: F32) -> F32:
    """``onto`` with what of ``image`` lies in it."""
    result = onto.copy()
    seen = part.intersect(Bounds(0, 0, onto.shape[1], onto.shape[0]))
    cut = seen.relative_to(part)
    result[seen.y : seen.bottom, seen.x : seen.right] = image[cut.y : cut.bottom, cut.x : cut.right]
    return result


def _start(middle: float, side: int, available: int) -> int:
    if side >= available:
        return -((side - available) // 2)
    return min(max(round(middle - side / 2), 0), available - side)


def _bounds(extent: Extent) -> Bounds:
    return Bounds(0, 0, extent.width, extent.height)
