"""FLUX.1 Fill: a guidance-distilled flow-matching transformer that sees the mask and the masked picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from diffusers.pipelines.flux.pipeline_flux_fill import FluxFillPipeline
from diffusers.utils.torch_utils import randn_tensor

from server.models.runtime.adapter import Defaults, Painting
from server.models.runtime.denoiser import Words
from server.models.runtime.differential import Known
from server.models.runtime.pipeline import PipelineAdapter
from server.pixels.picture import F32


class _Pipeline(FluxFillPipeline):
    """Draws its start as ``FluxFillPipeline.prepare_latents`` does, and keeps what that throws away."""

    known: Known

    def prepare_latents(
        self,
        image: torch.Tensor,
        timestep: torch.Tensor,
        batch_size: int,
        num_channels_latents: int,
        height: int,
        width: int,
        dtype: torch.dtype,
        device: torch.device,
        generator: torch.Generator,
        latents: torch.Tensor | None = None,
    ) -> Any:
        clean = self._encode_vae_image(image.to(device=device, dtype=dtype), generator)
        noise = randn_tensor(clean.shape, generator=generator, device=device, dtype=dtype)
        known = Known(self._packed(clean), self._packed(noise))
        self.known = known
        start = self.scheduler.scale_noise(known.clean, timestep, known.noise)
        return super().prepare_latents(  # type: ignore[no-untyped-call]  # diffusers gave it no types
            image, timestep, batch_size, num_channels_latents, height, width, dtype, device, generator, start
        )

    def _packed(self, latents: torch.Tensor) -> torch.Tensor:
        """(1, C, h, w) → (1, h/2 · w/2, 4C), as the transformer takes them."""
        packed: torch.Tensor = self._pack_latents(latents, *latents.shape)  # type: ignore[no-untyped-call]
        return packed


class FluxFill(PipelineAdapter):
    pipe_class = _Pipeline
    family_defaults = Defaults(steps=30, guidance=30.0)
    rounds_up = True
    reads_long_prompts = True

    @property
    def patch(self) -> int:
        return 2

    def _words(self, paintings: Sequence[Painting]) -> dict[str, Any]:
        # Distilled guidance: there is no second pass that a negative prompt could steer.
        words = [painting.words for painting in paintings if painting.words is not None]
        return self._batched(words) if words else {"prompt": [painting.prompt for painting in paintings]}

    def _embedded(self, prompt: str) -> dict[str, torch.Tensor]:
        embeds, pooled, _ = self.pipe.encode_prompt(prompt, None, device=self.place.device)
        return {"prompt_embeds": embeds, "pooled_prompt_embeds": pooled}

    def _given(self, image: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        hard, masked = self._masked(image, mask)
        channels, size, place = self.pipe.vae.config.latent_channels, image.shape[-2:], self.place
        masked, dice = masked.to(place.device, place.dtype), torch.Generator().manual_seed(0)
        seen, left = self.pipe.prepare_mask_latents(
            hard, masked, 1, channels, 1, *size, place.dtype, place.device, dice
        )
        positions = self.pipe._prepare_latent_image_ids(
            1, *(side // self.multiple for side in size), place.device, place.dtype
        )
        return left, seen, positions[None]

    def _predicted(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, words: Words, given: Sequence[torch.Tensor]
    ) -> torch.Tensor:
        left, mask, positions = given
        embeds = words.parts["prompt_embeds"]
        # Distilled from runs at all sorts of guidance: fitted at 1, as it is trained further elsewhere.
        guidance = noisy.new_ones(len(noisy), dtype=torch.float32) if self.denoiser.config.guidance_embeds else None
        predicted: torch.Tensor = self.denoiser(
            hidden_states=torch.cat([noisy, left, mask], dim=2),
            timestep=(timesteps / len(self.schedule)).to(noisy.dtype),
            guidance=guidance,
            pooled_projections=words.parts["pooled_prompt_embeds"],
            encoder_hidden_states=embeds,
            txt_ids=embeds.new_zeros(embeds.shape[1], 3),
            img_ids=positions[0],
            return_dict=False,
        )[0]
        return predicted

    def _as_latents(self, values: torch.Tensor) -> torch.Tensor:
        channels = self.pipe.vae.config.latent_channels
        packed: torch.Tensor = self.pipe._packed(values.expand(-1, channels, -1, -1))
        return packed

    def _preview(self, latents: torch.Tensor, painting: Painting) -> F32:
        height, width = painting.image.shape[:2]
        return self._colours.show(self.pipe._unpack_latents(latents, height, width, self.latent_factor))
