"""Stable Diffusion 3 and 3.5: a transformer trained by flow matching (arXiv 2403.03206)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .family import GENERATIVE, Ability, CheckpointKind, Defaults, Family, transformer_shift

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from server.models.runtime.conditioning import Conditioning
    from server.models.runtime.pipeline import PipelineAdapter
    from server.wire.geometry import Extent


class StableDiffusion3(Family):
    name = "sd3"
    title = "Stable Diffusion 3"
    pipelines = ("StableDiffusion3Pipeline", "StableDiffusion3Img2ImgPipeline", "StableDiffusion3InpaintPipeline")
    signature = ("joint_blocks.", "model.diffusion_model.joint_blocks.")
    kinds = MappingProxyType({CheckpointKind.BASE: GENERATIVE | {Ability.FLOW}})
    native = 1024
    defaults = Defaults(steps=28, guidance=5.0)
    wide_range = True
    reads_long_prompts = True
    pipeline = "StableDiffusion3InpaintPipeline"

    def architecture(self, pipe: Any) -> str:
        return "stable-diffusion-v3-medium"

    def patch(self, pipe: Any) -> int:
        return int(pipe.transformer.config.patch_size)

    def condition(self, model: PipelineAdapter, prompt: str) -> Conditioning:
        from server.models.runtime.conditioning import Conditioning

        embeds, _, pooled, _ = model.pipe.encode_prompt(
            prompt, None, None, device=model.place.device, do_classifier_free_guidance=False
        )
        return Conditioning({"prompt_embeds": embeds, "pooled_prompt_embeds": pooled})

    def timesteps(self, model: PipelineAdapter, steps: int, size: Extent) -> Mapping[str, Any]:
        scheduler = model.pipe.scheduler
        if not scheduler.config.get("use_dynamic_shifting"):
            return {"num_inference_steps": steps}
        tokens = size.pixels // model.multiple**2
        return {"num_inference_steps": steps, "mu": transformer_shift(scheduler, tokens, most=1.16)}

    def predict(
        self,
        model: PipelineAdapter,
        noisy: Tensor,
        timesteps: Tensor,
        conditioning: Conditioning,
        shown: Sequence[Tensor],
        guidance: float,
    ) -> Tensor:
        predicted: Tensor = model.network(
            noisy,
            timestep=timesteps,
            encoder_hidden_states=conditioning.parts["prompt_embeds"],
            pooled_projections=conditioning.parts["pooled_prompt_embeds"],
            return_dict=False,
        )[0]
        return predicted


FAMILY = StableDiffusion3()
