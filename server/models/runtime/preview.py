"""A small picture of unfinished latents, at almost no cost.

An autoencoder's latents look much like a small, oddly coloured picture. The colours are found by asking the model's own
autoencoder once: a card of soft colours is encoded, and a linear map from its latents back to its colours is fitted.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as functional

from server.pixels.picture import F32

LONGEST = 256
"""Pixels of a preview's longer side at most."""

_CARD_SIDE = 256


class Colours:
    """The linear map from latents to colours of one autoencoder, fitted on first use.

    encode: (H, W, 3) → latents (1, C, h, w).
    """

    def __init__(self, encode: Callable[[F32], torch.Tensor]) -> None:
        self._encode = encode
        self._weights: torch.Tensor | None = None

    def show(self, latents: torch.Tensor) -> F32:
        """(1, C, h, w) → (h', w', 3), 0..1, the longer side at most ``LONGEST``."""
        if self._weights is None:
            self._weights = fit(self._encode)
        values = latents[0].detach().to("cpu", torch.float32).permute(1, 2, 0)
        rgb = _with_one(values) @ self._weights
        longest = max(rgb.shape[:2])
        if longest > LONGEST:
            height, width = (max(1, side * LONGEST // longest) for side in rgb.shape[:2])
            rgb = functional.interpolate(rgb.permute(2, 0, 1)[None], size=(height, width), mode="area")[0]
            rgb = rgb.permute(1, 2, 0)
        return np.asarray(rgb.clamp(0, 1).numpy(), dtype=np.float32)


def fit(encode: Callable[[F32], torch.Tensor]) -> torch.Tensor:
    """The map (C + 1, 3), by least squares with a little ridge."""
    card = colour_card(_CARD_SIDE)
    latents = encode(card)[0].detach().to("cpu", torch.float32)
    height, width = latents.shape[1:]
    colours = functional.adaptive_avg_pool2d(torch.from_numpy(card).permute(2, 0, 1), (height, width))
    known, wanted = _with_one(latents.flatten(1).T), colours.flatten(1).T
    ridge = 1e-3 * len(known) * torch.eye(known.shape[1])
    weights: torch.Tensor = torch.linalg.solve(known.T @ known + ridge, known.T @ wanted)
    return weights


def colour_card(side: int) -> F32:
    """(side, side, 3): soft patches of all colours, the same each time."""
    patches = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    smooth = functional.interpolate(patches, size=(side, side), mode="bicubic", align_corners=False)
    return np.asarray(smooth[0].clamp(0, 1).permute(1, 2, 0).contiguous().numpy(), dtype=np.float32)


def _with_one(values: torch.Tensor) -> torch.Tensor:
    return torch.cat([values, torch.ones_like(values[..., :1])], dim=-1)
