"""The network that paints an effect layer: a U-Net with thin skip connections, without any knowledge of its own
(Text2LIVE, arXiv 2204.02491, §3.3; the shape is that of the deep image prior, arXiv 1711.10925).

It is made anew for each picture and fitted to nothing else, so that what it cannot paint smoothly it does not paint.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .layer import EffectLayer

_SKIP = 4
"""Channels that go past each scale."""

_DEEPEST = 4
"""Pixels of the shorter side at the deepest scale: seven scales for the 512 pixels of the paper."""

_SLOPE = 0.2

_FIRST = -1.0
"""Of the opacity, before the sigmoid: it begins at about a quarter, so that little has to be taken back."""


class Generator(nn.Module):
    """side: pixels of the shorter side of what it will see. width: channels of each scale; the paper has 128."""

    @classmethod
    def fresh(cls, side: int, width: int, seed: int) -> Generator:
        """The same for the same seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return cls(side, width)

    def __init__(self, side: int, width: int) -> None:
        super().__init__()
        scales = max(1, round(math.log2(side / _DEEPEST)))
        above = [3, *[width] * (scales - 1)]
        self._past = nn.ModuleList(_convolved(channels, _SKIP, 1) for channels in above)
        self._down = nn.ModuleList(
            nn.Sequential(_convolved(channels, width, 3, 2), _convolved(width, width, 3)) for channels in above
        )
        self._up = nn.ModuleList(
            nn.Sequential(_normed(width + _SKIP), _convolved(width + _SKIP, width, 3), _convolved(width, width, 1))
            for _ in range(scales)
        )
        self._last = nn.Conv2d(width, 4, 1)
        with torch.no_grad():
            bias = self._last.bias
            assert bias is not None
            bias[3] = _FIRST

    def painted(self, picture: Tensor) -> EffectLayer:
        """``forward``, by its type."""
        layer: EffectLayer = self(picture)
        return layer

    def forward(self, picture: Tensor) -> EffectLayer:
        """(B, 3, H, W), 0..1."""
        passed, seen = [], picture
        for past, down in zip(self._past, self._down, strict=True):
            passed.append(past(seen))
            seen = down(seen)
        for up, beside in zip(self._up, reversed(passed), strict=True):
            larger = functional.interpolate(seen, beside.shape[-2:], mode="bilinear", align_corners=False)
            seen = up(torch.cat([larger, beside], 1))
        painted = self._last(seen).sigmoid()
        return EffectLayer(painted[:, :3], painted[:, 3:])


def _convolved(channels: int, to: int, size: int, stride: int = 1) -> nn.Module:
    """A convolution that mirrors the border, normed."""
    convolution = nn.Conv2d(channels, to, size, stride, size // 2, padding_mode="reflect" if size > 1 else "zeros")
    return nn.Sequential(convolution, _normed(to), nn.LeakyReLU(_SLOPE))


def _normed(channels: int) -> nn.Module:
    """By the picture at hand, at the end as while learning: so do the authors."""
    return nn.BatchNorm2d(channels, track_running_stats=False)
