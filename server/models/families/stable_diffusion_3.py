"""Stable Diffusion 3 and 3.5: a transformer trained by flow matching (arXiv 2403.03206)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from diffusers import StableDiffusion3InpaintPipeline

from server.models.runtime.adapter import Defaults
from server.models.runtime.denoiser import Words
from server.models.runtime.differential import Remembering
from server.models.runtime.pipeline import PipelineAdapter


class _Pipeline(Remembering, StableDiffusion3InpaintPipeline):
    pass


class StableDiffusion3(PipelineAdapter):
    pipe_class = _Pipeline
    family_defaults = Defaults(steps=28, guidance=5.0)
    rounds_up = True
    reads_long_prompts = True

    @property
    def patch(self) -> int:
        return int(self.pipe.transformer.config.patch_size)

    def _embedded(self, prompt: str) -> dict[str, torch.Tensor]:
        device = self.place.device
        embeds, _, pooled, _ = self.pipe.encode_prompt(
            prompt, None, None, device=device, do_classifier_free_guidance=False
        )
        return {"prompt_embeds": embeds, "pooled_prompt_embeds": pooled}

    def _predicted(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, words: Words, given: Sequence[torch.Tensor]
    ) -> torch.Tensor:
        predicted: torch.Tensor = self.denoiser(
            noisy,
            timestep=timesteps,
            encoder_hidden_states=words.parts["prompt_embeds"],
            pooled_projections=words.parts["pooled_prompt_embeds"],
            return_dict=False,
        )[0]
        return predicted
