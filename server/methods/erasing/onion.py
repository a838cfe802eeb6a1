"""The first guess inside a hole: ring by ring from its rim inwards, each pixel from the known patch that fits best.

Newson et al., "Non-Local Patch-Based Image Inpainting", 2017, section 2.4 (their "onion peel" initialisation). A smooth
first guess would be answered with smooth patches, and texture would never come back.
"""

from __future__ import annotations

import cv2
import numpy as np

from .levels import COLOURS, F32, PLANES, Bits, Level, whole_patches
from .patches import Ints, Pulse, offsets

_MOST_SOURCES = 4000
"""Patches to choose from, drawn at random where there are more: each is compared with each pixel of the hole."""

_TOGETHER = 256

_GUESS = 0.1
"""What the smooth continuation counts where nothing is painted yet, against 1 for what is known or painted."""


def peel(level: Level, radius: int, texture: float, rng: np.random.Generator, pulse: Pulse) -> F32:
    """The canvas (H, W, PLANES) of ``level`` with its hole painted."""
    sources = np.flatnonzero(whole_patches(level.known, radius))
    sources = rng.choice(sources, min(_MOST_SOURCES, len(sources)), replace=False)
    steps = offsets(radius, level.hole.shape[1])
    weigh = np.array([1] * COLOURS + [texture] * (PLANES - COLOURS), np.float32)
    truth = level.truth.reshape(-1, PLANES)
    rows = (truth[sources[:, None] + steps] * weigh).reshape(len(sources), -1)
    squares = rows**2
    canvas, done = level.smooth().reshape(-1, PLANES), level.known.ravel().copy()
    left = np.flatnonzero(level.hole & whole_patches(level.known | level.hole, radius))
    while len(left):
        ring = _ring(left, done.reshape(level.hole.shape))
        for some in np.array_split(ring, -(-len(ring) // _TOGETHER)):
            pulse()
            places = some[:, None] + steps
            seen = np.repeat(np.where(done[places], 1, _GUESS)[..., None], PLANES, 2).astype(np.float32)
            seen[..., COLOURS:] = 1
            seen = seen.reshape(len(some), -1)
            wanted = (canvas[places] * weigh).reshape(len(some), -1)
            distance = seen @ squares.T - 2 * (seen * wanted) @ rows.T
            canvas[some] = truth[sources[distance.argmin(1)]]
        done[ring] = True
        left = np.setdiff1d(left, ring)
    return canvas.reshape(level.truth.shape)


def _ring(left: Ints, done: Bits) -> Ints:
    """Those of ``left`` that touch what is done; all of them when none does."""
    near = cv2.dilate(done.astype(np.uint8), np.ones((3, 3), np.uint8)).ravel()[left] > 0
    return left[near] if near.any() else left
