"""FLUX.2 klein: a small flow-matching transformer that paints after words and looks at reference pictures."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .family import Ability, CheckpointKind, Configs, Defaults, Family

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from server.models.runtime.conditioning import Conditioning
    from server.models.runtime.pipeline import PipelineAdapter
    from server.pixels.picture import F32
    from server.wire.geometry import Extent

    from .family import Encode

_TIME = 1000
"""Timesteps are counted to here; the transformer wants them from 0 to 1."""

_APART = 10
"""Between one reference picture and the next, in positions along the axis that a film has for time."""

_LARGEST = 1024 * 1024
"""Pixels of a reference picture; a larger one is shown smaller."""


class Flux2Klein(Family):
    name = "flux2-klein"
    title = "FLUX.2 klein"
    pipelines = ("Flux2KleinPipeline", "Flux2KleinInpaintPipeline")
    signature = ("double_stream_modulation_img.", "model.diffusion_model.double_stream_modulation_img.")
    kinds = MappingProxyType(
        {CheckpointKind.EDIT: frozenset({Ability.INPAINT, Ability.REDRAW, Ability.FLOW, Ability.REFERENCES})}
    )
    native = 1024
    defaults = Defaults(steps=50, guidance=4.0)
    wide_range = True
    reads_long_prompts = True
    samples_posterior = False
    pipeline = "Flux2KleinInpaintPipeline"

    def kind(self, configs: Configs) -> CheckpointKind:
        return CheckpointKind.EDIT

    def defaults_of(self, pipe: Any) -> Defaults:
        return Defaults(steps=4, guidance=1.0) if pipe.config.is_distilled else self.defaults

    def latent_factor(self, pipe: Any) -> int:
        return 2 * int(pipe.vae_scale_factor)  # four of the autoencoder's latents are one of the transformer's

    def guides(self, pipe: Any) -> bool:
        return not pipe.config.is_distilled

    def normalise(self, latents: Tensor, vae: Any) -> Tensor:
        from torch.nn import functional

        mean, deviation = _statistics(latents, vae)
        return (functional.pixel_unshuffle(latents, 2) - mean) / deviation

    def denormalise(self, latents: Tensor, vae: Any) -> Tensor:
        from torch.nn import functional

        mean, deviation = _statistics(latents, vae)
        return functional.pixel_shuffle(latents * deviation + mean, 2)

    def condition(self, model: PipelineAdapter, prompt: str) -> Conditioning:
        from server.models.runtime.conditioning import Conditioning

        embeds, _ = model.pipe.encode_prompt(prompt, device=model.place.device)
        return Conditioning({"prompt_embeds": embeds})

    def timesteps(self, model: PipelineAdapter, steps: int, size: Extent) -> Mapping[str, Any]:
        import numpy as np
        from diffusers.pipelines.flux2.pipeline_flux2 import compute_empirical_mu

        shift = compute_empirical_mu(size.pixels // model.multiple**2, steps)
        if model.pipe.scheduler.config.get("use_flow_sigmas"):
            return {"num_inference_steps": steps, "mu": shift}
        return {"sigmas": np.linspace(1.0, 1 / steps, steps), "mu": shift}

    def shown(
        self, model: PipelineAdapter, image: Tensor, mask: Tensor, references: Sequence[F32], encode: Encode
    ) -> tuple[Tensor, ...]:
        return tuple(encode(_reference(picture, model.multiple)) for picture in references)

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

        pictures, words = (noisy, *shown), conditioning.parts["prompt_embeds"]
        predicted = model.network(
            hidden_states=torch.cat([_packed(picture) for picture in pictures], 1),
            timestep=timesteps.to(noisy.dtype) / _TIME,
            guidance=None,
            encoder_hidden_states=words,
            txt_ids=_words(words),
            img_ids=torch.cat([_pixels(_APART * number, picture) for number, picture in enumerate(pictures)]),
            return_dict=False,
        )[0]
        own: Tensor = predicted[:, : noisy.shape[-2] * noisy.shape[-1]]
        return own.transpose(1, 2).reshape(noisy.shape)


def _statistics(latents: Tensor, vae: Any) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each channel, as the autoencoder's batch norm learned them."""
    norm = vae.bn
    deviation = (norm.running_var.view(1, -1, 1, 1) + vae.config.batch_norm_eps).sqrt()
    return norm.running_mean.view(1, -1, 1, 1).to(latents), deviation.to(latents)


def _reference(picture: F32, multiple: int) -> Tensor:
    """(h, w, 3), 0..1 → (1, 3, h', w'), -1..1, in the size that is shown: its middle, in whole tokens."""
    from server.models.runtime.autoencoder import as_batch
    from server.pixels.sizes import resample
    from server.wire.geometry import Extent

    scale = min(1.0, (_LARGEST / (picture.shape[0] * picture.shape[1])) ** 0.5)
    height, width = (max(multiple, int(side * scale)) for side in picture.shape[:2])
    image = resample(picture, Extent(width, height))
    down, right = (side % multiple for side in (height, width))
    top, left = down // 2, right // 2
    return 2 * as_batch(image[top : top + height - down, left : left + width - right]) - 1


def _packed(latents: Tensor) -> Tensor:
    """(B, C, h, w) → (B, h · w, C)."""
    return latents.flatten(2).transpose(1, 2).contiguous()


def _words(embeds: Tensor) -> Tensor:
    """(L, 4): of each token where it is in time, rows, columns and words."""
    import torch

    nowhere, places = torch.arange(1), torch.arange(embeds.shape[1])
    return torch.cartesian_prod(nowhere, nowhere, nowhere, places).to(embeds.device)


def _pixels(time: int, latents: Tensor) -> Tensor:
    """(h · w, 4): as ``_words``."""
    import torch

    rows, columns = (torch.arange(side) for side in latents.shape[-2:])
    return torch.cartesian_prod(torch.tensor([time]), rows, columns, torch.arange(1)).to(latents.device)


FAMILY = Flux2Klein()
