"""An effect layer while it is learned, and the views of its picture that it is learned from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from server.editing.effect import LearnedLayer
from server.models.runtime.autoencoder import as_picture

_COVER = 0.85
"""Share of the picture that a view shows at least (arXiv 2204.02491, §A.1)."""

_FLIPPED = 0.5


@dataclass(frozen=True, eq=False)
class EffectLayer:
    """colour: C, (B, 3, H, W); opacity: α, (B, 1, H, W); both 0..1."""

    colour: Tensor
    opacity: Tensor

    def within(self, limits: Tensor) -> EffectLayer:
        """limits: (1 or B, 1, H, W), 0..1: how much may show where."""
        return EffectLayer(self.colour, self.opacity * limits)

    def learned(self) -> LearnedLayer:
        """Of a batch of one."""
        return LearnedLayer(as_picture(self.colour[0]), np.ascontiguousarray(as_picture(self.opacity[0])[..., 0]))

    def over(self, ground: Tensor) -> Tensor:
        """α · C + (1 − α) · I, equation 1."""
        return self.opacity * self.colour + (1 - self.opacity) * ground


@dataclass(frozen=True)
class View:
    """A part of the picture, perhaps mirrored, at the size of the whole: with every step the generator sees another
    one, "internal examples" in the paper (§3.2)."""

    top: int
    left: int
    height: int
    width: int
    mirrored: bool

    @classmethod
    def drawn(cls, height: int, width: int, draws: torch.Generator) -> View:
        cover = 1 - (1 - math.sqrt(_COVER)) * float(torch.rand((), generator=draws))
        rows, columns = round(height * cover), round(width * cover)
        top, left = (int(torch.randint(0, more + 1, (), generator=draws)) for more in (height - rows, width - columns))
        return cls(top, left, rows, columns, bool(torch.rand((), generator=draws) < _FLIPPED))

    def of(self, picture: Tensor) -> Tensor:
        """(B, C, H, W) → the same shape."""
        part = picture[..., self.top : self.top + self.height, self.left : self.left + self.width]
        larger = functional.interpolate(part, picture.shape[-2:], mode="bilinear", align_corners=False)
        return larger.flip(-1) if self.mirrored else larger
