"""Encoded scenes, used a few times each with fresh noise, because encoding costs as much as a training step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from torch import Tensor

from tools.bundled_model.feed import Batch, to_tensor
from tools.bundled_model.halves import half_where_fast
from tools.bundled_model.text import TOKENS, Text
from tools.bundled_model.vae import LATENT_CHANNELS, LATENT_SIDE

_TEXT_WIDTH = 384


@dataclass(frozen=True)
class Encoded:
    """`latents` and `masked` (B, 4, h, w), `mask` (B, 1, h, w) of 0 and 1, `text` (B, 32, 384)."""

    latents: Tensor
    masked: Tensor
    mask: Tensor
    text: Tensor


class Encoder:
    """Scenes → what the denoiser sees, exactly as the inpainting pipeline prepares it."""

    def __init__(self, vae: AutoencoderTiny, text: Text, device: torch.device) -> None:
        self.vae = vae.eval()
        self.vae.to(device, memory_format=torch.channels_last)  # type: ignore[arg-type]  # its stub binds them to self
        self.text, self.device = text, device

    @torch.no_grad()
    def __call__(self, batch: Batch) -> Encoded:
        picture = to_tensor(batch.rgb, self.device)
        mask = (torch.from_numpy(batch.mask).to(self.device)[:, None] > 127).float()
        both = torch.cat([picture, picture * (mask < 0.5)]).contiguous(memory_format=torch.channels_last)
        with half_where_fast(self.device):
            latents, masked = self.vae.encoder(both).float().chunk(2)
        small = functional.interpolate(mask, size=(LATENT_SIDE, LATENT_SIDE))
        return Encoded(latents, masked, small, self.text(batch.captions))


class Pool:
    """A ring of `capacity` encoded scenes; `renew` replaces the oldest, `draw` picks at random."""

    def __init__(self, supply: Iterator[Batch], encoder: Encoder, capacity: int) -> None:
        self.supply, self.encoder, self.capacity = supply, encoder, capacity
        device, kind = encoder.device, torch.bfloat16
        self.latents = torch.empty(capacity, LATENT_CHANNELS, LATENT_SIDE, LATENT_SIDE, dtype=kind, device=device)
        self.masked = torch.empty_like(self.latents)
        self.mask = torch.empty(capacity, 1, LATENT_SIDE, LATENT_SIDE, dtype=kind, device=device)
        self.text = torch.empty(capacity, TOKENS, _TEXT_WIDTH, dtype=kind, device=device)
        self.cursor, self.filled = 0, 0
        self.taken = 0

    def fill(self) -> None:
        while self.filled < self.capacity:
            self.renew()

    def renew(self) -> None:
        """Encodes the next batch of scenes over the oldest ones."""
        encoded = self.encoder(next(self.supply))
        self.taken += 1
        places = (self.cursor + torch.arange(len(encoded.latents), device=self.latents.device)) % self.capacity
        for ring, fresh in ((self.latents, encoded.latents), (self.masked, encoded.masked),
                            (self.mask, encoded.mask), (self.text, encoded.text)):  # fmt: skip
            ring[places] = fresh.to(ring.dtype)
        self.cursor = int(self.cursor + len(places)) % self.capacity
        self.filled = min(self.capacity, self.filled + len(places))

    def draw(self, count: int) -> Encoded:
        chosen = torch.randint(self.filled, (count,), device=self.latents.device)
        return Encoded(*(ring[chosen].float() for ring in (self.latents, self.masked, self.mask, self.text)))
