"""A picture several times larger by a diffusion model, tile by tile.

Each tile is painted anew from noise, so that two that meet differ in what they invent: they overlap, and one goes over
into the other. Afterwards the whole, made small again, is the picture once more (``back_projected``).
"""

from __future__ import annotations

import cv2
import numpy as np

from server.models.runtime.diffusion_upscaler import FACTOR, DiffusionUpscaler, Wording
from server.models.runtime.super_resolution import OnTile, back_projected
from server.pixels.picture import F32

from .refining import tiles_of


def upscale(picture: F32, by: int, model: DiffusionUpscaler, wording: Wording, seed: int, on_step: OnTile) -> F32:
    """(H, W, 3), 0..1 → (by·H, by·W, 3). by: 2 or 4. on_step: told of the steps of all tiles together."""
    height, width = picture.shape[:2]
    larger = np.zeros((by * height, by * width, 3), np.float32)
    tiles = list(tiles_of(height, width, model.native))
    for number, tile in enumerate(tiles):

        def on_tile(step: int, of: int, before: int = number) -> None:
            on_step(before * of + step, len(tiles) * of)

        made = _resized(model.paint(picture[tile.bounds.slices], wording, seed + number, on_tile), by / FACTOR)
        rows, columns = (slice(by * part.start, by * part.stop) for part in tile.bounds.slices)
        change = _resized(tile.change, by, cv2.INTER_LINEAR)[..., None]
        here = larger[rows, columns]
        here[...] = here * (1 - change) + made * change
    return back_projected(larger, picture)


def tiles(height: int, width: int, model: DiffusionUpscaler) -> int:
    """How many there are of a picture of that size."""
    return sum(1 for _ in tiles_of(height, width, model.native))


def resampled(picture: F32, by: int) -> F32:
    """(H, W, 3) → (by·H, by·W, 3), with nothing invented."""
    return _resized(picture, by)


def _resized(values: F32, by: float, larger: int = cv2.INTER_CUBIC) -> F32:
    if by == 1:
        return values
    height, width = values.shape[:2]
    how = cv2.INTER_AREA if by < 1 else larger
    size = (round(by * width), round(by * height))
    return np.asarray(cv2.resize(values, size, interpolation=how), np.float32)
