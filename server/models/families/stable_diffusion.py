"""Stable Diffusion 1 and 2, with 4 or 9 input channels, predicting noise or velocity."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionInpaintPipeline

from server.models.runtime.adapter import Defaults, Place
from server.models.runtime.denoiser import Words
from server.models.runtime.differential import Remembering
from server.models.runtime.pipeline import PipelineAdapter
from server.models.store.card import Card


class _Pipeline(Remembering, StableDiffusionInpaintPipeline):
    pass


class StableDiffusion(PipelineAdapter):
    pipe_class = _Pipeline
    family_defaults = Defaults(steps=25, guidance=7.5)
    absent = MappingProxyType({"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False})

    def __init__(self, card: Card, pipe: Any, place: Place) -> None:
        pipe.scheduler = quick(pipe.scheduler)
        super().__init__(card, pipe, place)

    def _embedded(self, prompt: str) -> dict[str, torch.Tensor]:
        return {"prompt_embeds": self.pipe.encode_prompt(prompt, self.place.device, 1, False)[0]}

    def _given(self, image: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return given_to_unet(self, image, mask)

    def _predicted(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, words: Words, given: Sequence[torch.Tensor]
    ) -> torch.Tensor:
        seen = torch.cat([noisy, *given], 1)
        predicted: torch.Tensor = self.denoiser(seen, timesteps, words.parts["prompt_embeds"], return_dict=False)[0]
        return predicted


def given_to_unet(adapter: PipelineAdapter, image: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Mask and masked latents for a UNet of nine channels; nothing for one of four."""
    if adapter.denoiser.config.in_channels == 4:
        return ()
    hard, masked = adapter._masked(image, mask)
    size = image.shape[-2:]
    dice = torch.Generator().manual_seed(0)
    place = adapter.place
    given = adapter.pipe.prepare_mask_latents(hard, masked, 1, *size, place.dtype, place.device, dice, False)
    return tuple(given)


def quick(scheduler: Any) -> Any:
    """PNDM, which the first models were published with, wants 50 steps; DPM-Solver++ (arXiv 2211.01095) gives as much
    in 25. Any other scheduler was somebody's choice and stays."""
    if type(scheduler).__name__ != "PNDMScheduler":
        return scheduler
    return DPMSolverMultistepScheduler.from_config(scheduler.config)  # type: ignore[no-untyped-call]
