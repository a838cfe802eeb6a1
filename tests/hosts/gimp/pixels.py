"""Reads back what ``inside/easel.py`` dumped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

TYPES = {"u8": "u1", "u16": "<u2", "u32": "<u4", "half": "<f2", "float": "<f4", "double": "<f8"}
COMPONENTS = {"Y": 1, "YA": 2, "RGB": 3, "RGBA": 4}


def load(out: Path, found: dict[str, Any]) -> npt.NDArray[Any]:
    """(height, width, components) in the numbers that GIMP itself holds."""
    model, _, number = found["encoding"].partition(" ")
    count = COMPONENTS[model.replace("'", "").replace("~", "")]
    return np.fromfile(out / found["file"], TYPES[number]).reshape(found["height"], found["width"], count)


def levels(out: Path, found: dict[str, Any]) -> npt.NDArray[np.float64]:
    """The same in levels of 255, whatever numbers they were."""
    pixels = load(out, found)
    full = np.iinfo(pixels.dtype).max if pixels.dtype.kind == "u" else 1
    return pixels.astype(np.float64) * (255 / full)
