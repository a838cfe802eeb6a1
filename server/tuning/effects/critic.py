"""What judges an effect layer while it is learned: CLIP, as in the paper, or a diffusion model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from server.pixels.picture import F32

from .layer import EffectLayer

GREEN = (0.0, 177 / 255, 64 / 255)
"""The screen that a layer is shown on by itself (§3.1)."""


@dataclass(frozen=True, eq=False)
class Losses:
    """Of one layer, scalars whose gradients are what counts. composition: of the layer over its picture, with the
    words. screen: of the layer alone. structure: of what the layer does to the picture's shapes."""

    composition: Tensor
    screen: Tensor
    structure: Tensor


@dataclass(frozen=True)
class Words:
    """target: of the picture with the effect; source: as it is; effect: of the effect alone."""

    target: str
    source: str
    effect: str


class Critic(Protocol):
    """width: channels of the generator that suits the size it looks at. rate: Adam's learning rate at first."""

    width: int
    rate: float

    def placed(self, values: F32) -> Tensor:
        """A picture (H, W, 3) or a map (H, W) → (1, 3 or 1, H, W), where it is judged."""

    def judge(self, source: Tensor, layer: EffectLayer, draws: torch.Generator) -> Losses:
        """source: (1, 3, H, W), 0..1. draws: all that is random is drawn from it."""


def on_green(layer: EffectLayer) -> Tensor:
    screen = layer.colour.new_tensor(GREEN).view(1, 3, 1, 1)
    return layer.over(screen)


def self_similarity(features: Tensor) -> Tensor:
    """(B, D, N) → (B, N, N): the cosine between what is at each place and at each other (equation 6)."""
    normed = torch.nn.functional.normalize(features, dim=1)
    return normed.transpose(1, 2) @ normed
