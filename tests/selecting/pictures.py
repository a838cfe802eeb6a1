"""Small pictures with one thing in them, whose outline is known."""

from __future__ import annotations

import cv2
import numpy as np

from server.editing.edit import Scene
from server.pixels.masks import Region
from server.pixels.picture import F32, Picture
from server.wire.recipe import Click

HEIGHT, WIDTH = 120, 160
MIDDLE = (90, 60)
RADIUS = 30


def disc(radius: float = RADIUS) -> F32:
    """(H, W), 0..1, with an antialiased edge."""
    ys, xs = np.indices((HEIGHT, WIDTH), np.float32)
    away = np.hypot(xs - MIDDLE[0], ys - MIDDLE[1])
    return (radius + 0.5 - away).clip(0, 1).astype(np.float32)


def ground() -> F32:
    """Green, uneven as a meadow."""
    rough = cv2.GaussianBlur(np.random.default_rng(4).normal(0, 1, (HEIGHT, WIDTH)), (0, 0), 1.5)
    shade = 0.45 + 0.15 * rough / np.abs(rough).max()
    return np.stack([0.5 * shade, shade, 0.4 * shade], 2).astype(np.float32)


def ball(alpha: F32 | None = None) -> Picture:
    """Red above and white below, on the meadow."""
    alpha = disc() if alpha is None else alpha
    thing = np.full((HEIGHT, WIDTH, 3), (0.85, 0.1, 0.12), np.float32)
    thing[MIDDLE[1] + 5 :] = (0.95, 0.93, 0.9)
    return opaque(thing * alpha[..., None] + ground() * (1 - alpha[..., None]))


def opaque(rgb: F32) -> Picture:
    return Picture(rgb.astype(np.float32), np.ones(rgb.shape[:2], np.float32))


def scene(picture: Picture, drawn: Region | None = None, points: tuple[Click, ...] = (), content: str = "") -> Scene:
    """drawn: what is selected; None: nothing is."""
    mask = np.ones(picture.alpha.shape, np.float32) if drawn is None else drawn.astype(np.float32)
    return Scene(picture, mask, selected=mask > 0, points=points, picture_content=content)


def box(left: int, top: int, right: int, bottom: int) -> Region:
    drawn = np.zeros((HEIGHT, WIDTH), bool)
    drawn[top:bottom, left:right] = True
    return drawn


def overlap(found: F32, truth: F32) -> float:
    one, other = found >= 0.5, truth >= 0.5
    return float((one & other).sum() / (one | other).sum())
