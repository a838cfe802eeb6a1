"""A diffusion model that paints a picture four times as large, after words (Rombach et al., arXiv 2112.10752, §4.4).

Its denoiser sees the picture, a little noised, beside latents of the same size, whose autoencoder gives four pixels for
one. Through diffusers' own pipeline, a tile at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
import torch

from server.models.families.families import family
from server.models.store.card import Card
from server.models.store.store import Installed
from server.pixels.picture import F32

from .adapter import Placement, Resident
from .autoencoder import as_batch
from .pipeline import PipelineAdapter, nbytes_of, settle

FACTOR = 4

_LEAST = 32
"""Side in pixels below which a tile shows nothing that could be told from its noise."""

OnStep = Callable[[int, int], None]
"""Told after each denoising step: steps done, steps in all. What it raises ends the run."""


@dataclass(frozen=True)
class Wording:
    """What a tile is painted after."""

    prompt: str
    negative: str
    steps: int
    guidance: float


class DiffusionUpscaler(Resident):
    """``pipe``: diffusers' pipeline, still in main memory. native: the side of what it is shown at once."""

    def __init__(self, card: Card, pipe: Any, place: Placement) -> None:
        self.card, self.place, self.pipe = card, place, pipe
        self.family = family(card.family)
        self.defaults = self.family.defaults
        self.native = card.native or self.family.native
        self.multiple = max(pipe.vae_scale_factor, 2 ** (len(pipe.unet.config.block_out_channels) - 1))
        pipe.set_progress_bar_config(disable=True)
        settle(pipe, place)

    @classmethod
    def load(cls, model: Installed, place: Placement) -> DiffusionUpscaler:
        return cls(model.card, PipelineAdapter.opened(model, place), place)

    @property
    def nbytes(self) -> int:
        return nbytes_of(self.pipe)

    @torch.no_grad()
    def paint(self, tile: F32, wording: Wording, seed: int, on_step: OnStep) -> F32:
        """(h, w, 3), 0..1 → (4·h, 4·w, 3)."""
        height, width = tile.shape[:2]
        below, beside = (ceil(side / self.multiple) * self.multiple - side for side in (height, width))
        whole = np.pad(tile.clip(0, 1), ((0, below), (0, beside), (0, 0)), mode="edge")
        images = self.pipe(
            prompt=wording.prompt,
            negative_prompt=wording.negative or None,
            image=as_batch(whole).to(self.place.dtype),
            num_inference_steps=wording.steps,
            guidance_scale=wording.guidance,
            generator=torch.Generator().manual_seed(seed),
            output_type="np",
            callback=lambda step, time, latents: on_step(step + 1, wording.steps),
        ).images
        return np.asarray(images[0], np.float32)[: FACTOR * height, : FACTOR * width]

    def reduce_memory(self) -> bool:
        if self.place.device.type != "cpu" and not self.place.offload:
            self.place = replace(self.place, offload=True)
            self.pipe.to("cpu")
            settle(self.pipe, self.place)
            return True
        if self.native // 2 < max(_LEAST, self.multiple):
            return False
        self.native //= 2
        return True
