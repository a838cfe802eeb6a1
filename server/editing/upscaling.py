"""A picture several times larger by a diffusion model, tile by tile.

Each tile is painted anew from noise, so that two that meet differ in what they invent: they overlap, and one goes over
into the other. Afterwards the whole, made small again, is the picture once more (``back_projected``).
"""

from __future__ import annotations

import numpy as np

from server.models.runtime.diffusion_upscaler import DiffusionUpscaler, Wording
from server.models.runtime.super_resolution import OnTile, back_projected
from server.pixels.picture import F32
from server.pixels.sizes import resample
from server.wire.geometry import Extent

from .refining import tiles_of


def upscale(picture: F32, by: int, model: DiffusionUpscaler, wording: Wording, seed: int, on_step: OnTile) -> F32:
    """(H, W, 3), 0..1 → (by·H, by·W, 3). by: 2 or 4. on_step: told of the steps of all tiles together."""
    height, width = picture.shape[:2]
    larger = np.zeros((by * height, by * width, 3), np.float32)
    tiles = list(tiles_of(height, width, model.native))
    for number, tile in enumerate(tiles):

        def on_tile(step: int, of: int, before: int = number) -> None:
            on_step(before * of + step, len(tiles) * of)

        rows, columns = (slice(by * part.start, by * part.stop) for part in tile.bounds.slices)
        here = larger[rows, columns]
        extent = Extent(here.shape[1], here.shape[0])
        made = resample(model.paint(picture[tile.bounds.slices], wording, seed + number, on_tile), extent)
        change = resample(tile.change, extent)[..., None]
        here[...] = here * (1 - change) + made * change
    return back_projected(larger, picture)
