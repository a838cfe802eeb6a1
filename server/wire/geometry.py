"""Sizes and rectangles in pixels: the arithmetic of crops, in document coordinates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Extent:
    """A size in pixels, both sides at least 0."""

    width: int
    height: int

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def longest(self) -> int:
        return max(self.width, self.height)


@dataclass(frozen=True)
class Bounds:
    """A rectangle in document pixels. ``x`` and ``y`` may be negative; an empty one has no area."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def extent(self) -> Extent:
        return Extent(self.width, self.height)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns in an array of a picture; for one that lies wholly in it."""
        return slice(self.y, self.bottom), slice(self.x, self.right)

    @property
    def empty(self) -> bool:
        return self.width <= 0 or self.height <= 0

    def intersect(self, other: Bounds) -> Bounds:
        """The common part; empty (zero width or height) where there is none."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Bounds(x, y, max(0, right - x), max(0, bottom - y))

    def around(self, other: Bounds) -> Bounds:
        """The smallest rectangle that holds both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Bounds(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)

    def contains(self, other: Bounds) -> bool:
        return self.intersect(other) == other

    def grown(self, margin: int) -> Bounds:
        """This rectangle with ``margin`` pixels more on every side."""
        return Bounds(self.x - margin, self.y - margin, self.width + 2 * margin, self.height + 2 * margin)

    def shifted(self, x: int, y: int) -> Bounds:
        """This rectangle moved by so many pixels."""
        return Bounds(self.x + x, self.y + y, self.width, self.height)

    def relative_to(self, origin: Bounds) -> Bounds:
        """The same rectangle counted from the top left corner of ``origin``."""
        return Bounds(self.x - origin.x, self.y - origin.y, self.width, self.height)
