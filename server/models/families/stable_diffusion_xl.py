"""Stable Diffusion XL, with 4 or 9 input channels."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .family import Defaults
from .single_file import FilePart
from .stable_diffusion import UNetFamily, clip, open_clip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from server.models.headers.safetensors import SafetensorsHeader
    from server.models.runtime.conditioning import Conditioning
    from server.models.runtime.pipeline import PipelineAdapter

_WORDS = "conditioner.embedders."
"""Before the text encoders in a single file."""


class StableDiffusionXL(UNetFamily):
    name = "sdxl"
    title = "Stable Diffusion XL"
    pipelines = ("StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline", "StableDiffusionXLInpaintPipeline")
    generations = MappingProxyType({2048: "sdxl"})
    as_file = "a whole Stable Diffusion XL"
    native = 1024
    defaults = Defaults(steps=25, guidance=6.0)
    pipeline = "StableDiffusionXLInpaintPipeline"
    absent = MappingProxyType({"add_watermarker": False})

    def architecture(self, pipe: Any) -> str:
        return "stable-diffusion-xl-v1-base"

    def encoders(self, header: SafetensorsHeader) -> tuple[FilePart, ...]:
        return (clip("text_encoder", f"{_WORDS}0.transformer."), open_clip("text_encoder_2", f"{_WORDS}1.model."))

    def normalise(self, latents: Tensor, vae: Any) -> Tensor:
        mean, deviation = _statistics(latents, vae)
        scaled: Tensor = (latents - mean) * vae.config.scaling_factor / deviation
        return scaled

    def denormalise(self, latents: Tensor, vae: Any) -> Tensor:
        mean, deviation = _statistics(latents, vae)
        unscaled: Tensor = latents * deviation / vae.config.scaling_factor + mean
        return unscaled

    def condition(self, model: PipelineAdapter, prompt: str) -> Conditioning:
        from server.models.runtime.conditioning import Conditioning

        device = model.place.device
        embeds, _, pooled, _ = model.pipe.encode_prompt(prompt, device=device, do_classifier_free_guidance=False)
        return Conditioning({"prompt_embeds": embeds, "pooled_prompt_embeds": pooled})

    def unconditional(self, model: PipelineAdapter, negative: str) -> Conditioning:
        if negative or not model.pipe.config.force_zeros_for_empty_prompt:
            return self.condition(model, negative)
        return self.condition(model, "").zeros()

    def predict(
        self,
        model: PipelineAdapter,
        noisy: Tensor,
        timesteps: Tensor,
        conditioning: Conditioning,
        shown: Sequence[Tensor],
        guidance: float,
    ) -> Tensor:
        import torch

        height, width = (side * model.latent_factor for side in noisy.shape[-2:])
        sizes = noisy.new_tensor([[height, width, 0, 0, height, width]]).expand(len(noisy), -1)
        predicted: Tensor = model.network(
            torch.cat([noisy, *shown], 1),
            timesteps,
            conditioning.parts["prompt_embeds"],
            added_cond_kwargs={"text_embeds": conditioning.parts["pooled_prompt_embeds"], "time_ids": sizes},
            return_dict=False,
        )[0]
        return predicted


def _statistics(latents: Tensor, vae: Any) -> tuple[Tensor | float, Tensor | float]:
    """Mean and deviation of each channel, where the autoencoder says them (Playground's does)."""
    mean, deviation = vae.config.get("latents_mean"), vae.config.get("latents_std")
    if mean is None or deviation is None:
        return 0.0, 1.0
    return latents.new_tensor(mean).view(1, -1, 1, 1), latents.new_tensor(deviation).view(1, -1, 1, 1)


FAMILY = StableDiffusionXL()
