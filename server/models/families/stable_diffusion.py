"""Stable Diffusion 1 and 2, with 4 or 9 input channels, predicting noise or velocity."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .family import CheckpointKind, Configs, Defaults, Family

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from server.models.runtime.conditioning import Conditioning
    from server.models.runtime.pipeline import PipelineAdapter
    from server.pixels.picture import F32

    from .family import Encode

_FILL_CHANNELS = 9
"""Of a UNet that was trained to inpaint: four of latents, the mask, four of the masked picture."""


class UNetFamily(Family):
    """What every Stable Diffusion with a UNet has in common."""

    def kind(self, configs: Configs) -> CheckpointKind:
        return (
            CheckpointKind.FILL if configs.get("unet", {}).get("in_channels") == _FILL_CHANNELS else CheckpointKind.BASE
        )

    def denoiser(self, pipe: Any) -> Any:
        return pipe.unet

    def sees_mask(self, pipe: Any) -> bool:
        return bool(pipe.unet.config.in_channels == _FILL_CHANNELS)

    def starts_blind(self, pipe: Any) -> bool:
        return self.sees_mask(pipe)

    def shown(
        self, model: PipelineAdapter, image: Tensor, mask: Tensor, references: Sequence[F32], encode: Encode
    ) -> tuple[Tensor, ...]:
        if not self.sees_mask(model.pipe):
            return ()
        return (mask > 0).to(image), encode(model.masked(image, mask))


class StableDiffusion(UNetFamily):
    name = "sd15"
    title = "Stable Diffusion 1 and 2"
    pipelines: tuple[str, ...] = (
        "StableDiffusionPipeline",
        "StableDiffusionImg2ImgPipeline",
        "StableDiffusionInpaintPipeline",
        "StableDiffusionInpaintPipelineLegacy",
    )
    native = 512
    defaults = Defaults(steps=25, guidance=7.5)
    pipeline = "StableDiffusionInpaintPipeline"
    absent = MappingProxyType({"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False})

    def prepare(self, pipe: Any) -> None:
        pipe.scheduler = quick(pipe.scheduler)

    def condition(self, model: PipelineAdapter, prompt: str) -> Conditioning:
        from server.models.runtime.conditioning import Conditioning

        embeds, _ = model.pipe.encode_prompt(prompt, model.place.device, 1, False)
        return Conditioning({"prompt_embeds": embeds})

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

        words = conditioning.parts["prompt_embeds"]
        predicted: Tensor = model.network(torch.cat([noisy, *shown], 1), timesteps, words, return_dict=False)[0]
        return predicted


def quick(scheduler: Any) -> Any:
    """PNDM, which the first models were published with, wants 50 steps; DPM-Solver++ (arXiv 2211.01095) gives as much
    in 25. Any other scheduler was somebody's choice and stays."""
    if type(scheduler).__name__ != "PNDMScheduler":
        return scheduler
    from diffusers import DPMSolverMultistepScheduler

    return DPMSolverMultistepScheduler.from_config(scheduler.config)  # type: ignore[no-untyped-call]


FAMILY = StableDiffusion()
