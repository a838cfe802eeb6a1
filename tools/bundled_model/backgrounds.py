"""Grounds to put figures on: plain colours, gradients and a few simple places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Canvas = NDArray[np.float32]

PLAIN: dict[str, tuple[int, int, int]] = {
    "white": (255, 255, 255), "grey": (160, 160, 165), "red": (222, 60, 55), "orange": (247, 150, 50),
    "yellow": (252, 215, 80), "green": (95, 185, 90), "teal": (50, 175, 170), "blue": (80, 150, 230),
    "purple": (145, 95, 205), "pink": (248, 160, 195), "beige": (240, 225, 195), "black": (25, 25, 30),
}  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """`canvas` float32 (S, S, 3) 0..255; `words` for the caption; `colour` when it is one named colour."""

    canvas: Canvas
    words: str
    colour: str | None = None


def draw(size: int, rng: np.random.Generator, white: float = 0.35) -> Ground:
    """A ground: white as often as said; of the rest 46 % are plain, 23 % a gradient, 31 % a place."""
    if rng.random() < white:
        return plain(size, "white")
    lot = rng.random()
    if lot < 0.46:
        return plain(size, str(rng.choice(list(PLAIN))), rng)
    if lot < 0.69:
        return _gradient(size, rng)
    words = str(rng.choice(list(PLACES)))
    return Ground(PLACES[words](size, rng), words)


def plain(size: int, colour: str, rng: np.random.Generator | None = None) -> Ground:
    """One named colour, a little varied when `rng` are given."""
    tint = np.array(PLAIN[colour], np.float32)
    if rng is not None and colour != "white":
        tint = np.clip(tint + rng.normal(0, 8, 3), 0, 255).astype(np.float32)
    return Ground(np.broadcast_to(tint, (size, size, 3)).copy(), f"on {colour} background", colour)


def _gradient(size: int, rng: np.random.Generator) -> Ground:
    first, second = (str(name) for name in rng.choice(list(PLAIN), 2, replace=False))
    canvas = _blend(size, PLAIN[first], PLAIN[second], vertical=bool(rng.random() < 0.7))
    return Ground(canvas, f"on {first} and {second} gradient")


def _blend(size: int, first: tuple[int, int, int], second: tuple[int, int, int], vertical: bool = True) -> Canvas:
    ramp = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    canvas = (1 - ramp) * np.array(first, np.float32) + ramp * np.array(second, np.float32)
    canvas = np.broadcast_to(canvas, (size, size, 3))
    return np.ascontiguousarray(canvas if vertical else canvas.transpose(1, 0, 2))


def _ground_line(size: int, rng: np.random.Generator, wave: float = 0.05) -> NDArray[np.bool_]:
    """True below a gently waving horizon."""
    x = np.linspace(0, 1, size)
    height = rng.uniform(0.55, 0.8) + wave * np.sin(2 * np.pi * (x * rng.uniform(0.5, 1.5) + rng.random()))
    below: NDArray[np.bool_] = np.arange(size)[:, None] / size > height[None, :]
    return below


def _place(
    sky: tuple[tuple[int, int, int], tuple[int, int, int]], land: tuple[int, int, int], wave: float = 0.05
) -> Callable[[int, np.random.Generator], Canvas]:
    def draw_place(size: int, rng: np.random.Generator) -> Canvas:
        canvas = _blend(size, *sky)
        canvas[_ground_line(size, rng, wave)] = np.array(land, np.float32) + rng.normal(0, 6, 3)
        return np.clip(canvas, 0, 255).astype(np.float32)

    return draw_place


def _night(size: int, rng: np.random.Generator) -> Canvas:
    canvas = _blend(size, (18, 22, 60), (60, 60, 120))
    for _ in range(int(rng.integers(6, 14))):
        y, x = int(rng.integers(0, size)), int(rng.integers(0, size))
        canvas[y : y + max(1, size // 64), x : x + max(1, size // 64)] = 245
    return canvas


PLACES: dict[str, Callable[[int, np.random.Generator], Canvas]] = {
    "on grass under a blue sky": _place(((120, 190, 245), (215, 238, 252)), (120, 195, 85)),
    "in the desert": _place(((150, 205, 245), (250, 235, 205)), (235, 200, 130)),
    "by the sea": _place(((140, 205, 250), (225, 243, 252)), (60, 140, 205), 0.0),
    "in the snow": _place(((165, 195, 225), (225, 235, 245)), (246, 250, 254)),
    "at sunset": _place(((250, 130, 90), (255, 215, 130)), (95, 65, 95)),
    "in a room": _place(((240, 222, 200), (240, 222, 200)), (165, 115, 80), 0.0),
    "at night": _night,
    "underwater": _place(((70, 180, 225), (20, 80, 160)), (205, 190, 140)),
}
