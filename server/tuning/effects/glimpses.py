"""What CLIP is shown of a picture: sixteen views of it, each cut, turned and tinted by chance, so that it cannot be
pleased by what no person would see (Text2LIVE, arXiv 2204.02491, §A.2; the numbers are those of the authors' code)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

COUNT = 16
_CUT = 0.6
"""Of each side, at least."""
_TURNED, _MOVED, _TILTED = math.radians(15), 0.1, 0.4
"""At most: an angle, shares of a side, and how far corners lie off a square's."""
_TINTED = 0.1
_GRAY = 0.15
_LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True, eq=False)
class Glimpses:
    """ways: (N, 3, 3), from the coordinates of a view, -1..1, to those of the picture. brightness, contrast: (N, 1, 1,
    1), factors. saturation: the same, 0 for gray."""

    ways: Tensor
    brightness: Tensor
    contrast: Tensor
    saturation: Tensor

    @classmethod
    def drawn(cls, draws: torch.Generator, device: torch.device, count: int = COUNT) -> Glimpses:
        def spread(most: float, *shape: int) -> Tensor:
            return most * (2 * torch.rand((count, *shape), generator=draws) - 1)

        def happens(share: float) -> Tensor:
            return (torch.rand(count, generator=draws) < share).float()

        scale = 1 - (1 - _CUT) * torch.rand(count, generator=draws)
        scale[0] = 1.0  # the first shows all of it
        room = (1 - scale)[:, None]
        turned = happens(0.8)
        angle, moved = turned * spread(_TURNED), turned[:, None] * spread(2 * _MOVED, 2) + room * spread(1.0, 2)
        mirrored = 1 - 2 * happens(0.5)
        ways = torch.zeros(count, 3, 3)
        ways[:, 0, 0], ways[:, 0, 1] = mirrored * scale * angle.cos(), -scale * angle.sin()
        ways[:, 1, 0], ways[:, 1, 1] = mirrored * scale * angle.sin(), scale * angle.cos()
        ways[:, :2, 2] = moved
        ways[:, 2, :2] = happens(0.5)[:, None] * spread(_TILTED / 2, 2)
        ways[:, 2, 2] = 1.0
        tinted = happens(0.7)
        brightness, contrast, saturation = (1 + tinted * spread(_TINTED) for _ in range(3))
        saturation = saturation * (1 - happens(_GRAY))
        every = (part.view(-1, 1, 1, 1).to(device) for part in (brightness, contrast, saturation))
        return cls(ways.to(device), *every)

    def of(self, picture: Tensor, side: int) -> Tensor:
        """(1, 3, H, W), 0..1 → (N, 3, side, side); beyond the picture it is white."""
        count = len(self.ways)
        line = (torch.arange(side, device=picture.device) + 0.5) * 2 / side - 1
        rows, columns = torch.meshgrid(line, line, indexing="ij")
        points = torch.stack([columns, rows, torch.ones_like(rows)], -1).view(1, -1, 3) @ self.ways.transpose(1, 2)
        grid = (points[..., :2] / points[..., 2:]).view(count, side, side, 2)
        smaller = _bounded(picture, side)
        seen = 1 - functional.grid_sample(1 - smaller.expand(count, -1, -1, -1), grid, align_corners=False)
        return self._tinted(seen)

    def _tinted(self, seen: Tensor) -> Tensor:
        luma = seen.new_tensor(_LUMA).view(1, 3, 1, 1)
        seen = seen * self.brightness
        middle = (seen * luma).sum(1, keepdim=True).mean((2, 3), keepdim=True)
        seen = middle + self.contrast * (seen - middle)
        gray = (seen * luma).sum(1, keepdim=True)
        return (gray + self.saturation * (seen - gray)).clamp(0, 1)


def _bounded(picture: Tensor, side: int) -> Tensor:
    """Not much larger than what is shown of it, so that nothing is passed over."""
    scale = min(1.0, side / _CUT / min(picture.shape[-2:]))
    size = [max(1, round(length * scale)) for length in picture.shape[-2:]]
    return functional.interpolate(picture, size, mode="bilinear", antialias=True, align_corners=False)
