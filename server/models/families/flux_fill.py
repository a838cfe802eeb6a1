"""FLUX.1 Fill: a guidance-distilled flow-matching transformer that sees the mask and the masked picture."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from server.models.headers.safetensors import SafetensorsHeader

from .family import GENERATIVE, CheckpointKind, Configs, Defaults, Family, transformer_shift
from .single_file import FileHeader, SingleFile, refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from server.models.runtime.conditioning import Conditioning
    from server.models.runtime.pipeline import PipelineAdapter
    from server.pixels.picture import F32
    from server.wire.geometry import Extent

    from .family import Encode

_PREFIXES = ("", "model.diffusion_model.")
"""Before the tensors' names in a single file: as its makers published it, and with the other networks beside it."""

_FILL_WIDTH = 384
"""Of what the transformer takes a token: 64 of latents, 64 of the masked picture, 256 of the mask."""

_TIME = 1000
"""Timesteps are counted to here; the transformer wants them from 0 to 1."""


class FluxFill(Family):
    name = "flux-fill"
    title = "FLUX.1 Fill"
    pipelines = ("FluxFillPipeline",)
    signature = tuple(f"{prefix}double_blocks." for prefix in _PREFIXES)
    kinds = MappingProxyType({CheckpointKind.FILL: GENERATIVE})
    native = 1024
    defaults = Defaults(steps=30, guidance=30.0)
    wide_range = True
    reads_long_prompts = True
    pipeline = "FluxFillPipeline"

    def in_file(self, header: FileHeader, prediction: str = "") -> SingleFile | None:
        if isinstance(header, SafetensorsHeader) and header.holds(*self.signature):
            shapes = (header.shape(f"{prefix}img_in.weight") for prefix in _PREFIXES)
            width = next((shape[-1] for shape in shapes if shape), _FILL_WIDTH)
            if width != _FILL_WIDTH:
                raise refused(
                    "The file is a FLUX that was not made to fill, which Overpaint cannot run.",
                    "Import the diffusers folder of FLUX.1 Fill or of FLUX.2 klein.",
                )
        return super().in_file(header, prediction)

    def architecture(self, pipe: Any) -> str:
        return "flux-1-dev"

    def kind(self, configs: Configs) -> CheckpointKind:
        return CheckpointKind.FILL

    def patch(self, pipe: Any) -> int:
        return 2

    def sees_mask(self, pipe: Any) -> bool:
        return True

    def guides(self, pipe: Any) -> bool:
        return False

    def condition(self, model: PipelineAdapter, prompt: str) -> Conditioning:
        from server.models.runtime.conditioning import Conditioning

        embeds, pooled, _ = model.pipe.encode_prompt(prompt, None, device=model.place.device)
        return Conditioning({"prompt_embeds": embeds, "pooled_prompt_embeds": pooled})

    def timesteps(self, model: PipelineAdapter, steps: int, size: Extent) -> Mapping[str, Any]:
        import numpy as np

        tokens = size.pixels // model.multiple**2
        shift = transformer_shift(model.pipe.scheduler, tokens, most=1.15)
        return {"sigmas": np.linspace(1.0, 1 / steps, steps), "mu": shift}

    def shown(
        self, model: PipelineAdapter, image: Tensor, mask: Tensor, references: Sequence[F32], encode: Encode
    ) -> tuple[Tensor, ...]:
        """The masked picture's latents, and the hard mask at its own size, folded into channels."""
        from torch.nn import functional

        hard = functional.interpolate((mask > 0).to(image), scale_factor=model.latent_factor, mode="nearest")
        return encode(model.masked(image, mask)), functional.pixel_unshuffle(hard, model.latent_factor)

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

        words, network = conditioning.parts["prompt_embeds"], model.network
        predicted = network(
            hidden_states=_packed(torch.cat([noisy, *shown], 1)),
            timestep=timesteps.to(noisy.dtype) / _TIME,
            guidance=noisy.new_full((len(noisy),), guidance, dtype=torch.float32)
            if network.config.guidance_embeds
            else None,
            pooled_projections=conditioning.parts["pooled_prompt_embeds"],
            encoder_hidden_states=words,
            txt_ids=words.new_zeros(words.shape[1], 3),
            img_ids=_positions(noisy),
            return_dict=False,
        )[0]
        return _unpacked(predicted, noisy.shape[-2:])


def _packed(latents: Tensor) -> Tensor:
    """(B, C, h, w) → (B, h/2 · w/2, 4C), as the transformer takes them."""
    from torch.nn import functional

    return functional.pixel_unshuffle(latents, 2).flatten(2).transpose(1, 2).contiguous()


def _unpacked(tokens: Tensor, size: Sequence[int]) -> Tensor:
    """(B, h/2 · w/2, 4C) → (B, C, h, w)."""
    from torch.nn import functional

    height, width = (side // 2 for side in size)
    return functional.pixel_shuffle(tokens.transpose(1, 2).reshape(len(tokens), -1, height, width), 2)


def _positions(latents: Tensor) -> Tensor:
    """(h/2 · w/2, 3): of each token 0, its row and its column."""
    import torch

    rows, columns = (torch.arange(side // 2) for side in latents.shape[-2:])
    return torch.cartesian_prod(torch.zeros(1, dtype=rows.dtype), rows, columns).to(latents)


FAMILY = FluxFill()
