"""The shipped folder as a person uses it: prompts in, 256-pixel pictures out, in batches for measuring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionInpaintPipeline, StableDiffusionPipeline
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from numpy.typing import NDArray

from server.models.bundled import upscaler
from tools.bundled_model.export import FREE, GUIDANCE, STEPS

Pictures = NDArray[np.float32]
"""(B, H, W, 3), 0..1."""


@dataclass(frozen=True)
class Sampling:
    steps: int = STEPS
    guidance: float = GUIDANCE
    seed: int = 0
    batch: int = 16


class Painter:
    """Both stock pipelines on one set of weights, and the up-sampler behind them."""

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        local = {"local_files_only": True, "use_safetensors": True}
        self.device = torch.device(device)
        # diffusers' pipelines are untyped
        self.masked: Any = StableDiffusionInpaintPipeline.from_pretrained(folder, **local)  # type: ignore[no-untyped-call]
        self.masked.to(device)
        unet = UNet2DConditionModel.from_pretrained(folder, subfolder="unet", variant=FREE, in_channels=4, **local)
        parts = {**self.masked.components, "unet": unet.to(device)}
        self.free: Any = StableDiffusionPipeline(**parts, requires_safety_checker=False)  # type: ignore[no-untyped-call]
        self.enlarger = upscaler.load(folder / "upscaler.safetensors", self.device)
        self.size = int(unet.config.sample_size) * self.masked.vae_scale_factor
        pipes: tuple[Any, Any] = (self.masked, self.free)
        for pipe in pipes:
            pipe.set_progress_bar_config(disable=True)

    def paint(self, prompts: Sequence[str], sampling: Sampling) -> Pictures:
        """Text-to-image at the base size."""
        made = [
            self.free(list(prompts[start:start + sampling.batch]), guidance_scale=sampling.guidance,
                      num_inference_steps=sampling.steps, generator=self._generators(sampling, start, len(prompts)),
                      output_type="np").images
            for start in range(0, len(prompts), sampling.batch)
        ]  # fmt: skip
        return np.concatenate(made)

    def repaint(self, prompts: Sequence[str], pictures: Pictures, masks: Pictures, sampling: Sampling) -> Pictures:
        """Inpainting at the base size; `masks` (B, H, W), 1 = repaint."""
        made = []
        for start in range(0, len(prompts), sampling.batch):
            part = slice(start, start + sampling.batch)
            made.append(self.masked(
                list(prompts[part]), image=torch.from_numpy(pictures[part]).permute(0, 3, 1, 2),
                mask_image=torch.from_numpy(masks[part])[:, None], height=self.size, width=self.size,
                num_inference_steps=sampling.steps, guidance_scale=sampling.guidance, strength=1.0,
                generator=self._generators(sampling, start, len(prompts)), output_type="np",
            ).images)  # fmt: skip
        return np.concatenate(made)

    @torch.no_grad()
    def enlarge(self, pictures: Pictures) -> Pictures:
        """Four times larger."""
        batch = torch.from_numpy(pictures).permute(0, 3, 1, 2).to(self.device)
        enlarged: Pictures = self.enlarger(batch).permute(0, 2, 3, 1).cpu().numpy()
        return enlarged

    def _generators(self, sampling: Sampling, start: int, count: int) -> list[torch.Generator]:
        last = min(start + sampling.batch, count)
        return [torch.Generator().manual_seed(sampling.seed + number) for number in range(start, last)]
