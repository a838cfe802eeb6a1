"""Real-ESRGAN's compact network (SRVGGNetCompact, arXiv 2107.10833 and its later releases): pictures four times larger.

Sixteen convolutions between two others, all at the small size, then a pixel shuffle on top of the enlarged input.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as functional
from safetensors.torch import load_file
from torch import Tensor, nn

FACTOR = 4
_WIDTH = 64
_MIDDLE = 16

REACH = _MIDDLE + 2
"""Pixels of the input from which one pixel of the output can be influenced, to each side: one a convolution."""


class Upscaler(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, _WIDTH, 3, padding=1), nn.PReLU(_WIDTH)]
        for _ in range(_MIDDLE):
            layers += [nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1), nn.PReLU(_WIDTH)]
        layers.append(nn.Conv2d(_WIDTH, 3 * FACTOR**2, 3, padding=1))
        self.layers = nn.Sequential(*layers)

    def forward(self, picture: Tensor) -> Tensor:
        """(B, 3, H, W) sRGB in 0..1 → (B, 3, 4H, 4W)."""
        detail = functional.pixel_shuffle(self.layers(picture), FACTOR)
        enlarged: Tensor = (functional.interpolate(picture, scale_factor=FACTOR, mode="nearest") + detail).clamp(0, 1)
        return enlarged


def load(path: Path, device: torch.device) -> Upscaler:
    """From a .safetensors file, in single precision: it is small, and half is slower on a CPU."""
    upscaler = Upscaler()
    upscaler.load_state_dict({name: weights.float() for name, weights in load_file(path).items()})
    return upscaler.to(device).eval().requires_grad_(False)
