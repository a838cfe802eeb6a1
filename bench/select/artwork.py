"""Drawings with exact transparency, on plain grounds and on photographs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from bench.select.trial import Trial
from server.pixels.picture import F32
from tools.bundled_model.svg import drawn

HEIGHT, WIDTH = 384, 512
PHOTOGRAPHS = Path(__file__).parents[2] / "tests" / "pictures" / "photographs"
_SOFTNESS = (0.0, 0.0, 1.5, 3.0)
"""Standard deviations in pixels of an edge that is out of focus; every second drawing is sharp."""


def trials() -> Iterator[Trial]:
    """The same 66 each time, a third each on a plain ground, a photograph out of focus and a photograph."""
    drawings = json.loads(Path(__file__).with_name("artwork.json").read_text("utf-8"))
    photographs = [_photograph(path) for path in sorted(PHOTOGRAPHS.glob("*.*g"))]
    for number, (name, svg) in enumerate(drawings.items()):
        rng = np.random.default_rng(number)
        ground = _ground(rng, ("plain", "blurred", "photograph")[number % 3], photographs)
        yield _trial(f"{name} on {('plain', 'blurred', 'photograph')[number % 3]}", svg, ground, rng, number)


def _trial(name: str, svg: str, ground: F32, rng: np.random.Generator, number: int) -> Trial:
    side = int(rng.integers(HEIGHT * 2 // 5, HEIGHT * 4 // 5))
    art = np.asarray(drawn(svg, side), np.float32) / np.float32(255)
    layer = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    y, x = (int(rng.integers(4, most - side - 4)) for most in (HEIGHT, WIDTH))
    layer[y : y + side, x : x + side, :3] = art[..., :3] * art[..., 3:]
    layer[y : y + side, x : x + side, 3] = art[..., 3]
    if softness := _SOFTNESS[number % len(_SOFTNESS)]:
        layer = cv2.GaussianBlur(layer, (0, 0), softness).astype(np.float32)
    alpha = layer[..., 3]
    shown = layer[..., :3] + ground * (1 - alpha[..., None])
    eight_bits = (shown.clip(0, 1) * 255).round().astype(np.float32) / np.float32(255)
    return Trial(name, eight_bits, alpha)


def _ground(rng: np.random.Generator, kind: str, photographs: list[F32]) -> F32:
    if kind == "plain":
        return np.broadcast_to(rng.uniform(0, 1, 3).astype(np.float32), (HEIGHT, WIDTH, 3)).copy()
    photograph = photographs[int(rng.integers(len(photographs)))]
    if rng.integers(2):
        photograph = photograph[:, ::-1]
    return cv2.GaussianBlur(photograph, (0, 0), 8).astype(np.float32) if kind == "blurred" else photograph


def _photograph(path: Path) -> F32:
    """Its middle, so that all of the picture is filled."""
    image = Image.open(path).convert("RGB")
    by = max(WIDTH / image.width, HEIGHT / image.height)
    image = image.resize((round(image.width * by), round(image.height * by)), Image.Resampling.LANCZOS)
    left, top = (image.width - WIDTH) // 2, (image.height - HEIGHT) // 2
    part = image.crop((left, top, left + WIDTH, top + HEIGHT))
    return np.asarray(part, np.float32) / np.float32(255)
