"""Which animal was painted? The nearest of a few that the bundled model knows, as `bench.bundled` asks it of all."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from tools.bundled_model.retrieval import Gallery, cut_out

PICTURES = Path(__file__).parents[1] / "pictures"
DOG = (220, 32, 200, 200)
"""x, y, width, height of the dog with a margin, in ``illustrations/friends.png``."""
NAMES = ("panda", "cat", "fox", "frog", "pig", "lion", "tiger", "koala")
_WHITE = np.ones(3, np.float32)
_SIDE = 64


def likest(painted: npt.NDArray[np.uint8]) -> str:
    """painted: (H, W, 3), a thing on white."""
    small = Image.fromarray(painted).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    return _gallery().nearest(cut_out(np.asarray(small, np.float32) / 255, _WHITE))


@cache
def _gallery() -> Gallery:
    row = np.asarray(Image.open(PICTURES / "illustrations/animals.png").convert("RGB"), np.float32) / 255
    faces = [row[:, _SIDE * number : _SIDE * (number + 1)] for number in range(len(NAMES))]
    return Gallery(NAMES, np.stack([cut_out(face, _WHITE) for face in faces]))
