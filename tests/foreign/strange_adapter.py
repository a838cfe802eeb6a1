"""How a Strange Diffusion in one file is loaded, which diffusers does not know."""

from __future__ import annotations

from typing import Any

from strange_family import FAMILY, PARTS, PREFIX

from server.models.runtime.adapter import Placement
from server.models.runtime.pipeline import PipelineAdapter
from server.models.store.store import Installed


class StrangeAdapter(PipelineAdapter):
    @staticmethod
    def opened(model: Installed, place: Placement) -> Any:
        if not model.card.single_file:
            return PipelineAdapter.opened(model, place)
        from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionInpaintPipeline, UNet2DConditionModel
        from safetensors.torch import load_file
        from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

        configs, weights = model.configs, load_file(model.weights)
        parts = {
            "unet": UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(configs / "unet")),
            "vae": AutoencoderKL.from_config(AutoencoderKL.load_config(configs / "vae")),
            "text_encoder": CLIPTextModel(CLIPTextConfig.from_pretrained(configs / "text_encoder")),
        }
        for name in PARTS:
            prefix = f"{PREFIX}{name}."
            own = {key.removeprefix(prefix): weight for key, weight in weights.items() if key.startswith(prefix)}
            parts[name].load_state_dict(own, strict=True)
        return StableDiffusionInpaintPipeline(
            tokenizer=CLIPTokenizer.from_pretrained(configs / "tokenizer"),
            scheduler=PNDMScheduler.from_pretrained(configs / "scheduler"),
            **{name: part.to(place.dtype).eval() for name, part in parts.items()},
            **FAMILY.absent,
        )
