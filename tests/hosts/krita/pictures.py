"""Test pictures in Krita's own bytes, and the way from and to a running Krita."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.hosts.krita.running import Krita

Native = npt.NDArray[Any]

CHANNELS = {"RGBA": 4, "GRAYA": 2, "CMYKA": 5, "LABA": 4}
TYPES = {"U8": "<u1", "U16": "<u2", "F16": "<f2", "F32": "<f4"}
FULL = {"U8": 255, "U16": 65535, "F16": 1.0, "F32": 1.0}


@dataclass(frozen=True)
class Rect:
    x: int
    y: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)

    def words(self) -> dict[str, int]:
        return {"x": self.x, "y": self.y, "width": self.width, "height": self.height}


def grain(width: int, height: int, model: str = "RGBA", depth: str = "U8", blot: Rect | None = None) -> Native:
    """(H, W, C): an opaque gradient with grain; a flat ``blot`` on it is what a test erases."""
    noise = np.random.default_rng(7).uniform(-0.04, 0.04, (height, width, CHANNELS[model]))
    picture = np.linspace(0.2, 0.7, width)[None, :, None] + noise
    if blot is not None:
        picture[blot.slices] = np.linspace(0.05, 0.95, CHANNELS[model])
    picture[..., -1] = 1
    scaled = picture * FULL[depth]
    return (scaled.round() if depth.startswith("U") else scaled).astype(TYPES[depth])


def paint(krita: Krita, layer: str, picture: Native, x: int = 0, y: int = 0) -> None:
    height, width = picture.shape[:2]
    path = krita.file("paint.raw", picture.tobytes())
    krita.ask("paint", name=layer, path=str(path), x=x, y=y, width=width, height=height)


def pixels(krita: Krita, layer: str, rect: Rect, model: str = "RGBA", depth: str = "U8") -> Native:
    path = krita.file("pixels.raw")
    krita.ask("pixels", name=layer, path=str(path), **rect.words())
    return np.frombuffer(path.read_bytes(), TYPES[depth]).reshape(rect.height, rect.width, CHANNELS[model])


def select(krita: Krita, rect: Rect, mask: Native | None = None) -> None:
    """Selects ``rect``, or the grey ``mask`` of its size."""
    data = b"\xff" * (rect.width * rect.height) if mask is None else mask.tobytes()
    krita.ask("select", path=str(krita.file("select.raw", data)), **rect.words())


def selection(krita: Krita, rect: Rect) -> Native | None:
    path = krita.file("selection.raw")
    if not krita.ask("selection", path=str(path), **rect.words()):
        return None
    return np.frombuffer(path.read_bytes(), "u1").reshape(rect.height, rect.width)


def outside(rect: Rect, size: Rect) -> npt.NDArray[np.bool_]:
    """True beyond ``rect``, (height, width) of ``size``."""
    beyond = np.ones((size.height, size.width), bool)
    beyond[rect.slices] = False
    return beyond
