"""ViTMatte (Yao et al., "ViTMatte: Boosting Image Matting with Pre-Trained Plain Vision Transformers", arXiv
2305.15272): how opaque the pixels of an edge are, hair included."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from transformers import VitMatteForImageMatting

from server.pixels.picture import F32
from server.pixels.sizes import fit, plan_padded, resample, unfit
from server.wire.geometry import Extent

from .segmenter import HALVES, Matting, extent_of

_MULTIPLE = 32

MOST = 1 << 21
"""Pixels that it is shown at most: attention over more takes more memory than most machines have."""


class VitMatte(Matting):
    network_class = VitMatteForImageMatting

    @torch.no_grad()
    def matte(self, image: F32, trimap: F32) -> F32:
        """What the trimap says stays so."""
        extent = extent_of(image)
        scale = min(1.0, math.sqrt(MOST / extent.pixels))
        small = Extent(max(1, round(extent.width * scale)), max(1, round(extent.height * scale)))
        sizes = plan_padded(small, _MULTIPLE)
        known = fit(resample(trimap, small), sizes)
        colours = self.shown(fit(resample(image, small), sizes), sizes.working, HALVES)
        seen = torch.cat([colours, torch.from_numpy(known)[None, None].to(colours)], 1)
        alpha = resample(unfit(_numbers(self._network(pixel_values=seen).alphas), sizes), extent)
        alpha[trimap == 1], alpha[trimap == 0] = 1, 0
        return alpha


def _numbers(alphas: Tensor) -> F32:
    """(1, 1, h, w) → (h, w)."""
    return alphas[0, 0].clamp(0, 1).to("cpu", torch.float32).numpy()
