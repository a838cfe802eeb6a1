"""Recolouring artwork: turn its main hue into another and keep outlines, whites and shading."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

# Hue in OpenCV's half degrees, and the factor on value that makes the name fit.
COLOURS: dict[str, tuple[float, float]] = {
    "red": (0.0, 0.95),
    "orange": (13.0, 1.0),
    "yellow": (26.0, 1.1),
    "green": (60.0, 0.9),
    "teal": (88.0, 0.9),
    "blue": (110.0, 1.0),
    "purple": (136.0, 0.95),
    "pink": (160.0, 1.1),
}
_WIDTH = 18.0
_LEAST_SHARE = 0.35
_LEAST_SATURATION = 60


def main_hue(picture: NDArray[np.uint8]) -> float | None:
    """The hue (0..180) of most of an RGBA picture's opaque pixels, or None when it has no main colour."""
    hsv = cv2.cvtColor(picture[..., :3], cv2.COLOR_RGB2HSV)
    opaque = picture[..., 3] > 128
    coloured = opaque & (hsv[..., 1] > _LEAST_SATURATION) & (hsv[..., 2] > 50)
    if not coloured.any():
        return None
    histogram = np.bincount(hsv[..., 0][coloured], minlength=180).astype(np.float64)
    around = np.convolve(np.concatenate([histogram[-9:], histogram, histogram[:9]]), np.ones(19), mode="valid")
    hue = int(around.argmax())
    share = _near(hsv[..., 0], hue)[coloured].sum() / opaque.sum()
    return float(hue) if share >= _LEAST_SHARE else None


def recolour(picture: NDArray[np.uint8], hue: float, colour: str) -> NDArray[np.uint8]:
    """A copy of an RGBA picture with everything near `hue` turned into the named colour, shading kept."""
    target, value = COLOURS[colour]
    hsv = cv2.cvtColor(picture[..., :3], cv2.COLOR_RGB2HSV)
    chosen = _near(hsv[..., 0], hue) & (hsv[..., 1] > _LEAST_SATURATION // 2)
    offset = (hsv[..., 0].astype(np.float32) - hue + 90) % 180 - 90
    hsv[..., 0] = np.where(chosen, (target + 0.4 * offset) % 180, hsv[..., 0]).astype(np.uint8)
    brighter = np.clip(np.maximum(hsv[..., 2].astype(np.float32), 110) * value, 0, 255)
    hsv[..., 2] = np.where(chosen, brighter, hsv[..., 2]).astype(np.uint8)
    return np.dstack([cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), picture[..., 3]])


def colour_name(hue: float) -> str:
    """The named colour nearest to a hue."""
    return min(COLOURS, key=lambda name: abs((COLOURS[name][0] - hue + 90) % 180 - 90))


def _near(hues: NDArray[np.generic], hue: float) -> NDArray[np.bool_]:
    near: NDArray[np.bool_] = np.abs((hues.astype(np.float32) - hue + 90) % 180 - 90) <= _WIDTH
    return near
