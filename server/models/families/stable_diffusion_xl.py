"""Stable Diffusion XL, with 4 or 9 input channels."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import torch
from diffusers import StableDiffusionXLInpaintPipeline

from server.models.runtime.adapter import Defaults
from server.models.runtime.denoiser import Words
from server.models.runtime.differential import Remembering
from server.models.runtime.pipeline import PipelineAdapter

from .stable_diffusion import given_to_unet


class _Pipeline(Remembering, StableDiffusionXLInpaintPipeline):
    pass


class StableDiffusionXL(PipelineAdapter):
    pipe_class = _Pipeline
    family_defaults = Defaults(steps=25, guidance=6.0)
    absent = MappingProxyType({"add_watermarker": False})

    def _embedded(self, prompt: str) -> dict[str, torch.Tensor]:
        device = self.place.device
        embeds, _, pooled, _ = self.pipe.encode_prompt(prompt, device=device, do_classifier_free_guidance=False)
        return {"prompt_embeds": embeds, "pooled_prompt_embeds": pooled}

    def _unwanted(self, negative: str) -> Words:
        if negative or not self.pipe.config.force_zeros_for_empty_prompt:
            return self.embed(negative)
        return Words({name: torch.zeros_like(part) for name, part in self.embed("").parts.items()})

    def _given(self, image: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return given_to_unet(self, image, mask)

    def _predicted(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, words: Words, given: Sequence[torch.Tensor]
    ) -> torch.Tensor:
        height, width = (side * self.latent_factor for side in noisy.shape[-2:])
        sizes = torch.tensor([[height, width, 0, 0, height, width]], dtype=noisy.dtype, device=noisy.device)
        pooled = words.parts["pooled_prompt_embeds"]
        predicted: torch.Tensor = self.denoiser(
            torch.cat([noisy, *given], 1),
            timesteps,
            words.parts["prompt_embeds"],
            added_cond_kwargs={"text_embeds": pooled, "time_ids": sizes.expand(len(noisy), -1)},
            return_dict=False,
        )[0]
        return predicted
