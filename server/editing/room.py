"""Room around a picture: how much was asked for on each side, and the larger picture that has it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from server.pixels.blend import match_colours
from server.pixels.masks import distance_to, window
from server.pixels.picture import F32, Picture
from server.wire import lengths
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds, Extent
from server.wire.offers import Limits
from server.wire.recipe import Recipe
from server.wire.setting import Setting
from server.wire.sides import BOTTOM, LEFT, RIGHT, SIDES, TOP

from .edit import Scene
from .results import NewCanvas

_USUAL = lengths.Length(25, percent=True)
"""On each side, where nothing was said of any."""

_OVERLAP = 1 / 16
"""Of the picture's shorter side: how far within its borders a model paints."""

_RIM = 5
"""Pixels within the borders at which it is seen how what was painted fits."""


@dataclass(frozen=True)
class Room:
    """Pixels to add on each side of a picture of ``extent``."""

    extent: Extent
    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def of(cls, recipe: Recipe, extent: Extent) -> Room:
        """As the recipe's settings ``SIDES`` say. Raises ``OverpaintError``: bad-request where no side is to grow,
        too-large where the picture would be."""
        said = any(recipe.extra(side) for side in SIDES)

        def pixels(side: Setting, length: int) -> int:
            written = lengths.read(recipe.extra(side)) if said else _USUAL
            return written.pixels(length) if written is not None else 0

        across = [pixels(side, extent.width) for side in (LEFT, RIGHT)]
        along = [pixels(side, extent.height) for side in (TOP, BOTTOM)]
        room = cls(extent, across[0], along[0], across[1], along[1])
        room._check()
        return room

    @property
    def canvas(self) -> Extent:
        """The size of the larger picture."""
        return Extent(self.left + self.extent.width + self.right, self.top + self.extent.height + self.bottom)

    @property
    def inner(self) -> Bounds:
        """Where the picture lies in the larger one."""
        return Bounds(self.left, self.top, self.extent.width, self.extent.height)

    @property
    def new(self) -> F32:
        """float32 (H, W) of the larger picture: 1 where it is to be painted, 0 where it is known."""
        outside = np.ones((self.canvas.height, self.canvas.width), np.float32)
        outside[self.inner.slices] = 0
        return outside

    @property
    def overlapping(self) -> F32:
        """float32 (H, W): 1 where it is new, falling to 0 within the picture: how much a model repaints, so that what
        is new grows out of what is there."""
        new = self.new
        overlap = max(8, round(min(self.extent.width, self.extent.height) * _OVERLAP))
        return (1 - distance_to(new > 0) / np.float32(overlap)).clip(0, 1)

    def around(self, scene: Scene) -> Picture:
        """The larger picture, each border continued as it ends: colours to be painted over, and the transparency that
        what is painted has."""
        rgb = np.pad(scene.picture.rgb, (*self._pad, (0, 0)), mode="edge")
        return Picture(rgb, np.pad(scene.picture.alpha, self._pad, mode="edge"))

    def answer(self, painted: Picture) -> NewCanvas:
        """What was painted, as a layer that is empty where the picture is: not a pixel of that is touched."""
        alpha = painted.alpha.copy()
        alpha[self.inner.slices] = 0
        return NewCanvas(Picture(painted.rgb, alpha), 1, -self.left, -self.top)

    def joined(self, larger: Picture, image: F32) -> Picture:
        """``image`` (H, W, 3), painted over ``larger``, in the colours that this has at its borders: what drifted is
        matched, and what step remains is led out of the picture and lost on the way."""
        away = distance_to(self.new == 0)
        near = distance_to(self.new > 0) <= _RIM
        rgb = image.copy()
        rgb[window(near, 0)] = match_colours(larger, image, near)
        here = self.inner.slices
        step = cv2.blur(larger.rgb[here] - rgb[here], (_RIM, _RIM), borderType=cv2.BORDER_REPLICATE)
        led = np.pad(step, (*self._pad, (0, 0)), mode="edge") * np.exp(-(away - 1) / self._fade)[..., None]
        return Picture(np.where(away[..., None] > 0, rgb + led, larger.rgb), larger.alpha)

    @property
    def _fade(self) -> float:
        """Pixels over which a step at the border is lost."""
        return max(8.0, max(self.left, self.top, self.right, self.bottom) / 4)

    @property
    def _pad(self) -> tuple[tuple[int, int], tuple[int, int]]:
        return (self.top, self.bottom), (self.left, self.right)

    def _check(self) -> None:
        if self.canvas == self.extent:
            raise OverpaintError(
                Code.BAD_REQUEST, "No side is to grow.", "Say how far: left, top, right or bottom, as 200 or 25%."
            )
        if self.canvas.longest > Limits().max_side:
            raise OverpaintError(
                Code.TOO_LARGE,
                f"The picture would become {self.canvas.width} × {self.canvas.height} pixels; a side may have "
                f"{Limits().max_side}.",
                "Add less room.",
            )
