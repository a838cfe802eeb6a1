"""Where a UNet looks for which word: its cross-attention, noted while it predicts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

_SIDE = 1 / 4
"""Of the latents' side: maps of that size know things from one another best (Hertz et al., arXiv 2208.01626, §3; the
16 × 16 of Stable Diffusion)."""


class CrossAttention:
    """What has been noted since ``forget``."""

    def __init__(self) -> None:
        self._maps: list[Tensor] = []

    def forget(self) -> None:
        self._maps.clear()

    def note(self, probabilities: Tensor) -> None:
        """(B, pixels, tokens), the mean of a layer's heads."""
        self._maps.append(probabilities)

    def map(self, sample: int, words: slice, height: int, width: int) -> Tensor:
        """(1, 1, h', w'), small: how much ``sample`` of the batch looks for the tokens ``words`` where, the mean of all
        layers that see it at the size that is nearest to a quarter of ``height`` × ``width``, the latents' own."""
        pixels = min((each.shape[1] for each in self._maps), key=lambda count: abs(count - height * width * _SIDE**2))
        layers = [each[sample, :, words].sum(-1) for each in self._maps if each.shape[1] == pixels]
        factor = round((height * width / pixels) ** 0.5)
        return torch.stack(layers).mean(0).view(1, 1, -(-height // factor), -(-width // factor)).float()


@contextmanager
def noted(network: nn.Module) -> Iterator[CrossAttention]:
    """While this lasts its cross-attention layers are noted; they compute what they always do."""
    found = CrossAttention()
    layers = [module for name, module in network.named_modules() if name.endswith("attn2")]
    own = [layer.processor for layer in layers]
    try:
        for layer, processor in zip(layers, own, strict=True):
            layer.processor = _Noting(processor, found)
        yield found
    finally:
        for layer, processor in zip(layers, own, strict=True):
            layer.processor = processor


class _Noting:
    """In a layer's place for its processor: that one computes, this one notes."""

    def __init__(self, own: Any, found: CrossAttention) -> None:
        self._own, self._found = own, found

    def __call__(
        self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Tensor, *more: Any, **named: Any
    ) -> Any:
        query, key = attn.to_q(hidden_states), attn.to_k(encoder_hidden_states)
        scores = attn.get_attention_scores(attn.head_to_batch_dim(query), attn.head_to_batch_dim(key))
        self._found.note(scores.unflatten(0, (len(hidden_states), attn.heads)).mean(1))
        return self._own(attn, hidden_states, encoder_hidden_states, *more, **named)
