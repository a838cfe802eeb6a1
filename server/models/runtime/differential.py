"""Differential diffusion: a soft mask for pipelines that know only hard ones.

Levin and Fried, "Differential Diffusion: Giving Each Pixel Its Strength" (arXiv 2306.00950), §4: a pixel of the change
map with value m joins the denoising only for the last share m of the steps; until then it is put back to the original,
noised to the present level. diffusers' inpainting pipelines binarise their mask, so this works on their latents from
outside, after each step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as functional


@dataclass(frozen=True, eq=False)
class Known:
    """The picture as the denoiser knows it. clean: its latents z0. noise: what it was drawn from; of the same shape."""

    clean: torch.Tensor
    noise: torch.Tensor

    def at(self, scheduler: Any, timestep: torch.Tensor) -> torch.Tensor:
        """The picture noised to ``timestep`` of the scheduler's present run."""
        if hasattr(scheduler, "scale_noise"):  # flow matching
            return _tensor(scheduler.scale_noise(self.clean, timestep[None], self.noise))
        return _tensor(scheduler.add_noise(self.clean, self.noise, timestep[None]))


class ChangeMap:
    """values: (1, 1, h, w) or in any shape that broadcasts to the latents, 0..1, white = repaint."""

    def __init__(self, values: torch.Tensor) -> None:
        self._values = values

    def apply(self, latents: torch.Tensor, known: Known, pipe: Any, step: int) -> torch.Tensor:
        """The latents after step ``step`` (from 0), with what may not change yet put back.

        A pixel is kept while ``1 - m >= (step + 1) / steps``: black ones to the very end, as the pipelines' own
        compositing does it, so that a hard mask gives exactly what the pipeline alone would.
        """
        steps = pipe.num_timesteps
        last = step == steps - 1
        kept = known.clean if last else known.at(pipe.scheduler, pipe.scheduler.timesteps[step + 1 - steps])
        keep = 1 - self._values >= (step + 1) / steps
        return torch.where(keep, kept.to(latents.dtype), latents)


def shrink(mask: torch.Tensor, factor: int) -> torch.Tensor:
    """(1, 1, H, W) → (1, 1, H / factor, W / factor), by area."""
    return functional.avg_pool2d(mask, factor)


def support(values: torch.Tensor, factor: int) -> torch.Tensor:
    """The hard mask (1, 1, H, W) of all that may change at all, in whole latent pixels."""
    return functional.interpolate((values > 0).to(values.dtype), scale_factor=factor, mode="nearest")


class Remembering:
    """Mixed into an inpainting pipeline: keeps the ``Known`` of its present run, drawn by the pipeline itself and in
    its own order, so that the pictures are those that the pipeline alone would make."""

    known: Known

    def prepare_latents(self, *args: Any, **kwargs: Any) -> tuple[torch.Tensor, ...]:
        outputs: tuple[torch.Tensor, ...] = super().prepare_latents(*args, **kwargs)  # type: ignore[misc]  # a mixin
        noise = outputs[1]
        # A pipeline whose denoiser sees the masked picture (9 channels) has no use for z0, and returns none.
        clean = outputs[2] if len(outputs) > 2 else self._encode(kwargs["image"], noise)
        self.known = Known(clean, noise)
        return outputs

    def _encode(self, image: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        own_dice = torch.Generator().manual_seed(0)
        latents = self._encode_vae_image(image.to(like.device, like.dtype), own_dice)  # type: ignore[attr-defined]
        return _tensor(latents)


def _tensor(value: Any) -> torch.Tensor:
    assert isinstance(value, torch.Tensor)
    return value
