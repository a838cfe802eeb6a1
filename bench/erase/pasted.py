"""Things put before photographs and taken away again: what is behind them is known.

Objects, objects with a soft shadow, wires, letters, fences, and patterns that go on behind what was put there. Places
and shapes come from seeds alone. Every photograph comes as it is, with the grain of a fast film, and as a JPEG of low
quality by turns.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from server.pixels.masks import distance_to
from server.pixels.picture import F32

from . import patterns
from .places import Bits

_GENEROUS = 4
"""Pixels by which a person selects more than the thing."""

_FILM = 8 / 255
_JPEG = 30


@dataclass(frozen=True, eq=False)
class Pasted:
    """truth, picture: float32 (H, W, 3), without and with the thing. selection: bool (H, W), as a person draws it.
    thing: bool (H, W), all that has to go, shadow and all. lines: straight edges of the truth that cross the hole."""

    kind: str
    name: str
    truth: F32
    picture: F32
    selection: Bits
    thing: Bits
    lines: tuple[patterns.Line, ...] = ()


def cases(photographs: dict[str, F32], each: int) -> Iterator[Pasted]:
    """Of every kind ``each`` for every photograph, and the patterns."""
    for kind, draw in _KINDS.items():
        for name, photograph in photographs.items():
            for number in range(each):
                rng = np.random.default_rng([number, zlib.crc32(f"{kind} {name}".encode())])
                how, truth = _developed(photograph, number + len(kind), rng)
                yield draw(rng, kind, f"{name}{how} {number + 1}", truth)
    for pattern in patterns.PATTERNS:
        truth, hole, lines = pattern.drawn()
        picture = np.where(hole[..., None], np.array([0.85, 0.2, 0.15], np.float32), truth)
        yield Pasted("pattern", pattern.name, truth, picture.astype(np.float32), hole, hole, lines)


def _developed(photograph: F32, number: int, rng: np.random.Generator) -> tuple[str, F32]:
    return _DEVELOPED[number % len(_DEVELOPED)](photograph, rng)


def _plain(photograph: F32, _: np.random.Generator) -> tuple[str, F32]:
    return "", photograph


def _film(photograph: F32, rng: np.random.Generator) -> tuple[str, F32]:
    """Grain of about a pixel and a half, mostly the same in all colours."""
    grain = rng.normal(0, 1, (*photograph.shape[:2], 1)) + 0.4 * rng.normal(0, 1, photograph.shape)
    grain = np.asarray(cv2.GaussianBlur(grain.astype(np.float32), (0, 0), 0.7), np.float64)
    return ", film", _whole_levels(photograph + grain / grain.std() * _FILM)


def _jpeg(photograph: F32, _: np.random.Generator) -> tuple[str, F32]:
    levels = (photograph * 255).round().astype(np.uint8)
    _done, data = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG])
    return ", jpeg", np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.float32) / np.float32(255)


_DEVELOPED = (_plain, _film, _jpeg)


def _whole_levels(picture: F32) -> F32:
    return np.asarray((picture.clip(0, 1) * 255).round() / 255, np.float32)


def _object(rng: np.random.Generator, kind: str, name: str, truth: F32) -> Pasted:
    cover, shade, _ = _thing(rng, truth, tries=1)
    picture = truth * (1 - cover[..., None]) + shade * cover[..., None]
    selection = distance_to(cover > 0.02) <= _GENEROUS
    return Pasted(kind, name, truth, _whole_levels(picture), selection, selection)


def _shadowed(rng: np.random.Generator, kind: str, name: str, truth: F32) -> Pasted:
    """The thing stands where there is ground, and throws a shadow to one side, sharper at its foot than far away, that
    takes one share of all light."""
    cover, shade, box = _thing(rng, truth, tries=40)
    taken = _cast(cover, box, rng)
    light = truth**2.2 * (1 - taken[..., None] * np.array([0.62, 0.6, 0.56], np.float32))
    picture = light ** (1 / 2.2) * (1 - cover[..., None]) + shade * cover[..., None]
    selection = distance_to(cover > 0.02) <= _GENEROUS
    return Pasted(kind, name, truth, _whole_levels(picture.astype(np.float32)), selection, selection | (taken > 0.06))


def _thing(rng: np.random.Generator, truth: F32, tries: int) -> tuple[F32, F32, tuple[int, int, int, int]]:
    """How much of each pixel a bottle-like thing covers, its colours, and its box (x, y, width, height): of so many
    places the one with the least in it."""
    height, width = truth.shape[:2]
    tall = int(rng.uniform(0.14, 0.24) * min(height, width))
    wide = int(tall * rng.uniform(0.4, 0.8))
    places = rng.integers((tall, tall // 2), (width - wide - tall, height - tall - tall // 2), (tries, 2))
    x, y = (
        int(value) for value in min(places, key=lambda place: _unrest(truth, int(place[0]), int(place[1]), wide, tall))
    )
    canvas = np.zeros((height, width), np.uint8)
    cv2.ellipse(canvas, (x + wide // 2, y + int(0.65 * tall)), (wide // 2, int(0.35 * tall)), 0, 0, 360, 255, -1)
    cv2.rectangle(canvas, (x + wide // 3, y), (x + wide - wide // 3, y + tall // 2), 255, -1)
    cover = cv2.GaussianBlur(canvas.astype(np.float32) / 255, (0, 0), 0.8)
    across = np.linspace(-1, 1, wide + 1)[np.clip(np.arange(width) - x, 0, wide)]
    colour = rng.uniform(0.1, 0.9, 3).astype(np.float32)
    shade = (colour * (0.55 + 0.45 * np.sqrt(1 - np.minimum(across**2, 1)))[None, :, None]).astype(np.float32)
    return np.asarray(cover, np.float32), np.broadcast_to(shade, (height, width, 3)), (x, y, wide, tall)


def _unrest(truth: F32, x: int, y: int, wide: int, tall: int) -> float:
    """How much the picture varies where the thing would stand and its shadow lie, against how light it is there."""
    part = truth[y + tall // 2 : y + 3 * tall // 2, x - tall : x + wide + tall]
    return float(part.std((0, 1)).max() / (part.mean() + 0.05))


def _cast(cover: F32, box: tuple[int, int, int, int], rng: np.random.Generator) -> F32:
    """The thing's outline laid down on the ground, away from its foot."""
    _, y, _, tall = box
    foot, lean, long = y + tall, rng.uniform(0.5, 1.1) * rng.choice([-1, 1]), rng.uniform(0.25, 0.5)
    turn = np.array([[1, -lean, lean * foot], [0, -long, foot * (1 + long) - 0.06 * tall]], np.float32)
    laid = cv2.warpAffine(cover, turn, (cover.shape[1], cover.shape[0]))
    near = cv2.GaussianBlur(laid, (0, 0), 1.5)
    far = cv2.GaussianBlur(laid, (0, 0), max(2.0, tall / 14))
    rows = np.arange(cover.shape[0])[:, None]
    away = np.clip(np.abs(rows - foot) / (long * tall + 1), 0, 1).astype(np.float32)
    return np.asarray(near * (1 - away) + far * away, np.float32)


def _wire(rng: np.random.Generator, kind: str, name: str, truth: F32) -> Pasted:
    height, width = truth.shape[:2]
    ends = rng.uniform(0.15, 0.85, 3) * height
    along = np.arange(0, width, 4)
    sag = np.polyval(np.polyfit([0, width / 2, width], ends, 2), along)
    line = [np.stack([along, sag], 1).round().astype(np.int32)]
    cover, selection = (_lines(truth, line, thickness) for thickness in (int(rng.integers(2, 5)), 9))
    return _drawn(kind, name, truth, cover, selection > 0, float(rng.choice([0.06, 0.92])))


def _letters(rng: np.random.Generator, kind: str, name: str, truth: F32) -> Pasted:
    height, width = truth.shape[:2]
    size = min(height, width) / 260
    at = (int(rng.uniform(0.04, 0.2) * width), int(rng.uniform(0.35, 0.85) * height))
    canvas = np.zeros((height, width), np.uint8)
    cv2.putText(canvas, "Sample 2026", at, cv2.FONT_HERSHEY_SIMPLEX, size, 255, max(2, round(2 * size)), cv2.LINE_AA)
    cover = canvas.astype(np.float32) / np.float32(255)
    selection = distance_to(cover > 0.02) <= _GENEROUS - 1
    return _drawn(kind, name, truth, cover * np.float32(rng.uniform(0.5, 1)), selection, 1.0)


def _fence(rng: np.random.Generator, kind: str, name: str, truth: F32) -> Pasted:
    height, width = truth.shape[:2]
    step, lean = int(rng.integers(36, 60)), height
    lines = [
        np.array([[x, 0], [x + sign * lean, height]], np.int32)
        for sign in (-1, 1)
        for x in range(-lean, width + lean, step)
    ]
    cover, selection = (_lines(truth, lines, thickness) for thickness in (3, 7))
    return _drawn(kind, name, truth, cover, selection > 0, float(rng.uniform(0.3, 0.8)))


def _drawn(kind: str, name: str, truth: F32, cover: F32, selection: Bits, gray: float) -> Pasted:
    picture = truth * (1 - cover[..., None]) + np.float32(gray) * cover[..., None]
    return Pasted(kind, name, truth, _whole_levels(picture), selection, selection)


def _lines(truth: F32, lines: list[np.ndarray], thickness: int) -> F32:
    canvas = np.zeros(truth.shape[:2], np.uint8)
    cv2.polylines(canvas, lines, False, 255, thickness, cv2.LINE_AA)
    return canvas.astype(np.float32) / np.float32(255)


_KINDS: dict[str, Callable[[np.random.Generator, str, str, F32], Pasted]] = {
    "object": _object,
    "shadow": _shadowed,
    "wire": _wire,
    "text": _letters,
    "fence": _fence,
}
