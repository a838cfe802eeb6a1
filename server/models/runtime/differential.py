"""Differential diffusion: a soft mask for models that know only hard ones.

Levin and Fried, "Differential Diffusion: Giving Each Pixel Its Strength" (arXiv 2306.00950), §4: a pixel of the change
map with value m joins the denoising only for the last share m of the steps; until then it is put back to the original,
noised to the present level.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from .sampling import Trajectory


@dataclass(frozen=True, eq=False)
class CleanLatents:
    """The picture as the denoiser knows it. clean: its latents z0. noise: what it is noised with; of the same shape."""

    clean: Tensor
    noise: Tensor


class ChangeMap:
    """values: (1, 1, h, w), 0..1, white = repaint."""

    def __init__(self, values: Tensor, picture: CleanLatents, trajectory: Trajectory) -> None:
        self._values = values
        self._picture = picture
        self._trajectory = trajectory

    def apply(self, latents: Tensor, step: int) -> Tensor:
        """The latents after step ``step`` (from 0), with what may not change yet put back.

        A pixel is kept while ``1 - m >= (step + 1) / steps``: black ones to the very end, as the pipelines' own
        compositing does it, so that a hard mask gives exactly what the pipeline alone would.
        """
        clean, noise, steps = self._picture.clean, self._picture.noise, len(self._trajectory)
        kept = clean if step == steps - 1 else self._trajectory.noised(clean, noise, step + 1)
        return put_back(self._values, kept, latents, (step + 1) / steps)


def put_back(values: Tensor, original: Tensor, latents: Tensor, done: float) -> Tensor:
    """``latents`` with ``original`` where the change map ``values`` does not let them change yet. done: the share of
    the steps that are, above 0, to 1."""
    return torch.where(1 - values >= done, original.to(latents.dtype), latents)


def shrink(mask: Tensor, factor: int) -> Tensor:
    """(1, 1, H, W) → (1, 1, H / factor, W / factor), by area."""
    return functional.avg_pool2d(mask, factor)


def support(values: Tensor, factor: int) -> Tensor:
    """The hard mask (1, 1, H, W) of all that may change at all, in whole latent pixels."""
    return functional.interpolate((values > 0).to(values.dtype), scale_factor=factor, mode="nearest")
