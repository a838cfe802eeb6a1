"""A pipeline's autoencoder: pictures to latents as the denoiser wants them, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from server.models.families.family import Family
from server.pixels.picture import F32


class Autoencoder:
    def __init__(self, vae: Any, family: Family, device: torch.device) -> None:
        self._vae = vae
        self._family = family
        self._device = device

    @torch.no_grad()
    def encode(self, image: Tensor, generators: Sequence[torch.Generator] = ()) -> Tensor:
        """(1, 3, H, W), -1..1 → latents (1, C, h, w), the most likely ones; with ``generators`` one for each (B, …),
        drawn from what the autoencoder is unsure of."""
        with self._steady() as vae:
            encoded = vae.encode(image.to(self._device, vae.dtype))
        if not hasattr(encoded, "latent_dist"):
            latents = encoded.latents
        elif generators:
            latents = torch.cat([encoded.latent_dist.sample(generator) for generator in generators])
        else:
            latents = encoded.latent_dist.mode()
        return self._family.normalise(latents, self._vae)

    @torch.no_grad()
    def decode(self, latents: Tensor) -> list[F32]:
        """(B, C, h, w) → B pictures (H, W, 3), 0..1."""
        with self._steady() as vae:
            given = self._family.denormalise(latents, vae).to(self._device, vae.dtype)
            decoded = vae.decode(given, return_dict=False)[0]
        return [as_picture(image) for image in (decoded / 2 + 0.5).clamp(0, 1)]

    @contextmanager
    def differentiable(self) -> Iterator[Callable[[Tensor], Tensor]]:
        """While this lasts: (B, 3, H, W), -1..1 → the most likely latents, with gradients. In single precision: in half
        they would vanish on the way."""
        with self._in(torch.float32):
            yield self._most_likely

    def _most_likely(self, images: Tensor) -> Tensor:
        encoded = self._vae.encode(images.to(self._device, torch.float32))
        latents = encoded.latents if hasattr(encoded, "latents") else encoded.latent_dist.mode()
        return self._family.normalise(latents, self._vae)

    def tile(self) -> None:
        """From now on it works on quarters of what it was trained on: it takes the most memory at once."""
        self._vae.enable_tiling()
        for side in ("tile_sample_min_size", "tile_latent_min_size"):
            if hasattr(self._vae, side):
                setattr(self._vae, side, max(1, int(getattr(self._vae, side)) // 2))

    @contextmanager
    def _steady(self) -> Iterator[Any]:
        """In a precision in which it does not overflow (SDXL's does in half)."""
        vae = self._vae
        widen = vae.dtype == torch.float16 and vae.config.get("force_upcast", False)
        with self._in(torch.float32 if widen else vae.dtype):
            yield vae

    @contextmanager
    def _in(self, wanted: torch.dtype) -> Iterator[None]:
        """Its weights in another type for a while."""
        own = self._vae.dtype
        if own == wanted:
            yield
            return
        self._vae.to(wanted)
        try:
            yield
        finally:
            self._vae.to(own)


def as_batch(image: F32) -> Tensor:
    """(H, W, 3) → (1, 3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None]


def as_picture(image: Tensor) -> F32:
    """(3, H, W), wherever it was → (H, W, 3)."""
    return np.ascontiguousarray(image.permute(1, 2, 0).to("cpu", torch.float32).numpy())
