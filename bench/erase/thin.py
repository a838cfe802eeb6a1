"""Thin things before photographs, selected as a person does: a wire over a lawn, a fence before a face, hairs over fur.

The photograph without the thing is the truth, so a PSNR in the person's own mask says what was continued. No picture of
mere grass is shipped whose blades could be foretold; the wire hangs before the lawn and the trees below a rocket.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from server.pixels import masks, metrics
from server.pixels.picture import F32

from .seen import seen

_BEYOND = 4
"""Pixels from a line of 7 beyond which nothing may change."""


@dataclass(frozen=True, eq=False)
class Scene:
    """truth, picture: float32 (H, W, 3), without and with the thing. selection: float32 (H, W), 0 or 1."""

    truth: F32
    picture: F32
    selection: F32


@dataclass(frozen=True)
class Thin:
    """psnr: dB in the selection. outside: changed pixels more than 4 px away from it."""

    psnr: float
    outside: int


def measure(scene: Scene) -> tuple[F32, Thin]:
    result, alpha = seen(scene.picture, scene.selection)
    inside = scene.selection > 0
    changed = (alpha > 0) | (result != scene.picture).any(axis=2)
    outside = int(np.count_nonzero(changed & (masks.distance_to(inside) > _BEYOND)))
    return result, Thin(metrics.psnr_inside(scene.truth, result, inside), outside)


def wire(rocket: F32) -> Scene:
    height, width = rocket.shape[:2]
    line = [(0, int(0.7 * height)), (width // 2, int(0.85 * height)), (width - 1, int(0.8 * height))]
    return _scene(rocket, _lines(rocket, [line], 4), _lines(rocket, [line], 11), (15, 15, 15))


def fence(astronaut: F32) -> Scene:
    """Wire mesh of 3 px, selected by lines of 6."""
    truth = _enlarged(astronaut, 768, 768)
    falling = [[(x, 60), (x + 648, 708)] for x in range(-600, 760, 48)]
    rising = [[(x, 60), (x - 648, 708)] for x in range(0, 1400, 48)]
    gate = np.zeros(truth.shape[:2], np.float32)
    gate[60:700, 60:700] = 1
    mesh, selection = (_lines(truth, falling + rising, thickness) * gate for thickness in (3, 6))
    return _scene(truth, mesh, selection, (200, 200, 195))


def hairs(chelsea: F32) -> Scene:
    """Two of 2 px across a cat's face, selected by lines of 7."""
    truth = _enlarged(chelsea, 902, 600)
    lines = [
        [(120, 80), (300, 230), (520, 260), (760, 200)],
        [(200, 500), (380, 330), (640, 300), (860, 380)],
    ]
    return _scene(truth, _lines(truth, lines, 2), _lines(truth, lines, 7), (20, 14, 10))


SCENES: dict[str, tuple[str, Callable[[F32], Scene]]] = {
    "wire": ("rocket", wire),
    "fence": ("astronaut", fence),
    "hairs": ("chelsea", hairs),
}
"""By name: the photograph, and what is put before it."""


def _enlarged(picture: F32, width: int, height: int) -> F32:
    enlarged = cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(enlarged.clip(0, 1), np.float32)


def _lines(picture: F32, lines: list[list[tuple[int, int]]], thickness: int) -> F32:
    """float32 (H, W): antialiased where they are painted, hard where they select (which is thicker)."""
    canvas = np.zeros(picture.shape[:2], np.uint8)
    kind = cv2.LINE_AA if thickness < 5 else cv2.LINE_8
    for line in lines:
        cv2.polylines(canvas, [np.array(line, np.int32)], False, 255, thickness, kind)
    return canvas.astype(np.float32) / np.float32(255)


def _scene(truth: F32, coverage: F32, selection: F32, levels: tuple[int, int, int]) -> Scene:
    colour = np.array(levels, np.float32) / np.float32(255)
    picture = truth * (1 - coverage[..., None]) + colour * coverage[..., None]
    return Scene(truth, picture.astype(np.float32), selection)
