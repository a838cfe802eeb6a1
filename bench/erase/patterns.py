"""Patterns whose continuation is known exactly: rows, lines, windows, a screen's dots, cloth.

Lines of a truth that cross its hole are given with it, so that what an eraser makes of them can be measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from server.pixels.picture import F32

from .places import Bits

_SIDE = 400

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """A straight edge from (x, y) to (x, y), in pixels."""

    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True)
class Pattern:
    name: str
    paint: Callable[[F64, F64], F64]
    """x, y: (H, W) → (H, W) or (H, W, 3), 0..1."""
    radii: tuple[int, int] = (62, 48)
    """Of the hole, in pixels across and down."""
    soften: float = 0.7
    noise: float = 3 / 255
    lines: tuple[Line, ...] = ()

    def drawn(self) -> tuple[F32, Bits, tuple[Line, ...]]:
        """The picture, float32 (H, W, 3), and a hand-drawn hole in it."""
        y, x = np.mgrid[:_SIDE, :_SIDE].astype(np.float64)
        paint = self.paint(x, y)
        image = paint if paint.ndim == 3 else np.repeat(paint[..., None], 3, 2)
        if self.soften:
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), self.soften), np.float64)
        image = image + np.random.default_rng(2).normal(0, self.noise, (_SIDE, _SIDE, 1))
        whole = (image.clip(0, 1) * 255).round() / 255
        return whole.astype(np.float32), self._hole(), self.lines

    def _hole(self) -> Bits:
        rng = np.random.default_rng(4)
        angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
        wobble = 1 + sum(rng.uniform(-0.08, 0.08) * np.cos(k * angle + rng.uniform(0, 6.3)) for k in range(1, 5))
        points = np.stack([self.radii[0] * wobble * np.cos(angle), self.radii[1] * wobble * np.sin(angle)], 1)
        canvas = np.zeros((_SIDE, _SIDE), np.uint8)
        cv2.fillPoly(canvas, [(points + _SIDE / 2).round().astype(np.int32)], 1)
        return canvas > 0


def _light(x: F64) -> F64:
    """Brighter to the right, as a wall in the sun is."""
    return 0.75 + 0.25 * x / _SIDE


def _bricks(x: F64, y: F64) -> F64:
    """Bricks of 48 by 20 pixels, each of its own shade."""
    row = np.floor(y / 20)
    along = x + 24 * (row % 2)
    brick = np.floor(along / 48)
    shade = 0.45 + 0.12 * np.sin(12.9898 * brick + 78.233 * row)
    joint = (y % 20 < 3) | (along % 48 < 3)
    wall = np.where(joint, 0.78, shade) * _light(x)
    return np.stack([wall, np.where(joint, wall, 0.6 * wall), np.where(joint, wall, 0.5 * wall)], 2)


def _windows(x: F64, y: F64) -> F64:
    """A façade seen from below: what is farther up is a little smaller."""
    d = 1 + 0.0006 * y
    u, v = (x - 200) / d % 56, y / d % 72
    pane = (u > 14) & (u < 46) & (v > 18) & (v < 60)
    bar = (np.abs(u - 30) < 1.6) | (np.abs(v - 39) < 1.6)
    frame = (u > 11) & (u < 49) & (v > 15) & (v < 63)
    return np.where(pane & ~bar, 0.28, np.where(frame, 0.84, 0.6)) * _light(x)


def _façade(x: F64, y: F64) -> F64:
    """The same, seen straight."""
    u, v = x % 44, y % 58
    pane = (u > 10) & (u < 36) & (v > 12) & (v < 48)
    return np.where(pane, 0.25 + 0.1 * np.sin(np.floor(x / 44) * 3 + np.floor(y / 58) * 5), 0.7) * _light(x)


def _screen(x: F64, y: F64) -> F64:
    """A screen's dots at 45 degrees, larger to the left."""
    u, v = (x + y) / np.sqrt(2), (x - y) / np.sqrt(2)
    dots = 0.5 + 0.5 * np.cos(2 * np.pi * u / 8.3) * np.cos(2 * np.pi * v / 8.3)
    return np.asarray(1 / (1 + np.exp(-(dots - 0.35 - 0.3 * x / _SIDE) * 25)))


def _even_screen(x: F64, y: F64) -> F64:
    return np.asarray(((x % 6 - 3) ** 2 + (y % 6 - 3) ** 2 > 4).astype(float))


def _pinstripes(x: F64, y: F64) -> F64:
    u = (x * np.cos(0.2) + y * np.sin(0.2) + 4 * np.sin(y / 90)) % 6
    return np.where(u < 2, 0.8, 0.2) * _light(x)


def _boards(x: F64, y: F64) -> F64:
    """Wooden boards that run down to a vanishing point."""
    u = (x - 200) / (0.4 + y / _SIDE)
    board = np.floor(u / 40)
    return np.where(u % 40 < 3, 0.15, 0.5 + 0.08 * np.sin(7.3 * board) + 0.04 * np.sin(u / 2 + board)) * _light(x)


def _checks(x: F64, y: F64) -> F64:
    return np.where((x // 25 + y // 25) % 2 > 0, 0.75, 0.3) * _light(x)


def _cloth(x: F64, y: F64) -> F64:
    weave = 0.5 + 0.2 * np.sin(2 * np.pi * (x + y) / 5) * np.sin(2 * np.pi * (x - y) / 5)
    return np.where((x % 64 < 12) | (y % 64 < 12), 0.6 * weave, weave)


def _lattice(x: F64, y: F64) -> F64:
    """A fence of wire before a hedge."""
    rng = np.random.default_rng(5)
    hedge = cv2.GaussianBlur(rng.uniform(0, 1, x.shape), (0, 0), 2) * 1.2 - 0.3
    wire = (np.abs((x + y) % 36 - 18) < 1.7) | (np.abs((x - y) % 36 - 18) < 1.7)
    return np.asarray(np.where(wire, 0.8, hedge))


def _horizon(x: F64, y: F64) -> F64:
    """Sea, a slanting edge of sky, and a mast."""
    edge = y > 200 + 0.12 * (x - 200)
    mast = np.abs(x - 196 + 0.1 * (y - 200)) < 4
    return np.where(mast, 0.15, np.where(edge, 0.35, 0.75 - 0.0004 * y))


def _rails(x: F64, y: F64) -> F64:
    """Three bars of a railing before a wall with a slope of light."""
    wall = 0.5 + 0.2 * x / _SIDE
    for at, shade in ((165, 0.85), (200, 0.15), (236, 0.8)):
        wall = np.where(np.abs(y - at - 0.3 * (x - 200)) < 5, shade, wall)
    return wall


def _slanted(offset: float, slope: float) -> Line:
    """An edge across the picture's middle: y = 200 + offset + slope · (x − 200)."""
    return Line((120.0, 200 + offset - 80 * slope), (280.0, 200 + offset + 80 * slope))


PATTERNS = (
    Pattern("bricks", _bricks, lines=tuple(Line((130, y), (270, y)) for y in (180.0, 203.0, 220.0))),
    Pattern("windows", _windows),
    Pattern("façade", _façade),
    Pattern("screen", _screen, soften=0, noise=0),
    Pattern("even screen", _even_screen, soften=0.5, noise=0),
    Pattern("pinstripes", _pinstripes),
    Pattern("boards", _boards),
    Pattern(
        "checks",
        _checks,
        lines=tuple(Line((a, b), (c, d)) for a, b, c, d in ((130, 200, 270, 200), (200, 145, 200, 255))),
    ),
    Pattern("cloth", _cloth),
    Pattern("lattice", _lattice),
    Pattern("horizon", _horizon, lines=(_slanted(0, 0.12),)),
    Pattern("rails", _rails, lines=tuple(_slanted(at, 0.3) for at in (-40.0, -30.0, -5.0, 5.0, 31.0, 41.0))),
)
