"""A picture with a hole, at every size from its own down to where the hole is as wide as a patch."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .membrane import membrane

F32 = npt.NDArray[np.float32]
Bits = npt.NDArray[np.bool_]

COLOURS = 3
PLANES = 5
"""Of a canvas: red, green, blue, and how much the picture changes from left to right and from top to bottom.

The latter are the texture features of Newson et al., section 2.3: they keep fine texture in the comparison at sizes
where it is no longer seen."""

_FEEL = 15
"""Side of the window, in pixels of the finest level, over which change is averaged."""


@dataclass(frozen=True, eq=False)
class Level:
    """One size of the picture. truth: float32 (H, W, PLANES). hole: to be painted. known: may be copied and believed.
    What is neither lies beyond the border or is transparent: not looked at."""

    truth: F32
    hole: Bits
    known: Bits

    def smooth(self) -> F32:
        """The truth, smoothly continued into the hole."""
        return membrane(self.truth, self.known)


_FEWEST_PATCHES = 60
"""To choose from, at the coarsest level."""


def pyramid(colour: F32, hole: Bits, known: Bits, radius: int, rim: int) -> list[Level]:
    """Finest first, for patches of ``radius``; the picture gets a rim of that many pixels on every side. It ends early
    where narrow surroundings would hold no patches any more."""
    levels = [_finest(colour, hole, known, rim)]
    for _ in range(halvings(hole, radius)):
        coarser = _halved(levels[-1])
        if np.count_nonzero(whole_patches(coarser.known, radius)) < _FEWEST_PATCHES:
            break
        levels.append(coarser)
    return levels


def halvings(hole: Bits, radius: int) -> int:
    """After how many the hole is about as wide as a patch, or the picture too small to go on."""
    wanted = math.ceil(math.log2(max(1.0, inscribed(hole) / (radius + 0.5))))
    possible = int(math.log2(max(1.0, min(hole.shape) / (6 * radius))))
    return min(wanted, possible)


def inscribed(hole: Bits) -> float:
    """The radius, in pixels, of the largest disc that fits into the hole; the picture's border is an edge of it."""
    return float(cv2.distanceTransform(np.pad(hole, 1).astype(np.uint8), cv2.DIST_L2, 3).max())


def _finest(colour: F32, hole: Bits, known: Bits, rim: int) -> Level:
    """Where the hole comes near to the border, or to anything else that is not known, that is painted along with it."""
    around = ((rim, rim), (rim, rim))
    colour = np.pad(colour, (*around, (0, 0)), mode="edge")
    hole, known = np.pad(hole, rim), np.pad(known, rim)
    near = cv2.dilate(hole.astype(np.uint8), np.ones((2 * rim + 1, 2 * rim + 1), np.uint8)) > 0
    colour = np.where(known[..., None], colour, 0)
    return Level(np.concatenate([colour, _change(colour, known)], 2), near & ~known, known)


def _change(colour: F32, known: Bits) -> F32:
    """float32 (H, W, 2): the mean absolute slope along x and y of what is known nearby."""
    gray = membrane(colour.mean(2, keepdims=True), known)[..., 0]
    slopes = [np.abs(cv2.Sobel(gray, -1, dx, dy, scale=0.25)) for dx, dy in ((1, 0), (0, 1))]
    weight = known.astype(np.float32)
    window = (_FEEL, _FEEL)
    summed = cv2.blur(np.stack(slopes, 2) * weight[..., None], window)
    return np.asarray(summed / np.maximum(cv2.blur(weight, window), 1e-3)[..., None], np.float32)


def _halved(level: Level) -> Level:
    """A pixel is known when all of its four are, hole when it is not and one of them is."""
    height, width = level.hole.shape
    rows, columns = -(-height // 2), -(-width // 2)
    pad = ((0, height % 2), (0, width % 2))

    def four(values: npt.NDArray[np.generic], mode: str) -> F32:
        padded = np.pad(values.reshape(height, width, -1), (*pad, (0, 0)), mode=mode)  # type: ignore[call-overload]  # mode is a literal there
        return np.asarray(padded.reshape(rows, 2, columns, 2, -1).mean((1, 3), dtype=np.float32))

    share = four(level.known, "edge")
    known = share[..., 0] > 0.99
    hole = (four(level.hole, "edge")[..., 0] > 0) & ~known
    truth = four(level.truth * level.known[..., None], "edge") / np.maximum(share, 0.25)
    return Level(truth.astype(np.float32), hole, known)


def whole_patches(bits: Bits, radius: int) -> Bits:
    """Where the centre of a patch may lie that is inside the picture and set as a whole."""
    window = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    return cv2.erode(bits.astype(np.uint8), window, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
