"""What is known of one picture so far, in a form that can be put down and taken up again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from server.models.runtime.conditioning import Conditioning
from server.models.runtime.weights import AllWeights, LowRank, Weights

_EMBEDDINGS, _MASKS, _WEIGHTS, _MOMENTS = "embeddings.", "masks.", "weights.", "adam."


@dataclass
class TuningState:
    """conditioning: the embedding e.
    weights: θ, None while they are the model's own.
    phase, step: how many phases are over, and how many steps of the next one.
    begun_at, loss: that phase's loss at its beginning and now, smoothed (0: not known).
    moments: the optimizer's, to go on with.
    other_words: it began with what was learned for another prompt, under whose key the weights are; empty: it has its
    own.
    caption: what the model calls the picture, where the words begin there.
    """

    conditioning: Conditioning
    weights: Weights | None = None
    phase: int = 0
    step: int = 0
    begun_at: float = 0.0
    loss: float = 0.0
    moments: dict[str, Tensor] = field(default_factory=dict)
    other_words: str = ""
    caption: str = ""

    def tensors(self, dtype: torch.dtype | None = None) -> dict[str, Tensor]:
        """All of it to be stored; with ``dtype`` only what painting needs, the weights in that type."""
        found = {f"{_EMBEDDINGS}{name}": part.detach() for name, part in self.conditioning.parts.items()}
        found |= {f"{_MASKS}{name}": mask for name, mask in self.conditioning.masks.items()}
        if self.weights is not None and not self.other_words:
            kept = self.weights.settled(dtype or torch.float32)
            found |= {f"{_WEIGHTS}{name}": tensor for name, tensor in kept.items()}
        if dtype is None:
            found |= {f"{_MOMENTS}{name}": tensor for name, tensor in self.moments.items()}
        return {name: tensor.contiguous() for name, tensor in found.items()}

    @classmethod
    def from_tensors(cls, stored: Mapping[str, Tensor], rank: int, **standing: Any) -> TuningState:
        weights = dict(_below(stored, _WEIGHTS))
        worn = (LowRank(weights, rank) if rank else AllWeights(weights)) if weights else None
        conditioning = Conditioning(dict(_below(stored, _EMBEDDINGS)), dict(_below(stored, _MASKS)))
        return cls(conditioning, worn, moments=dict(_below(stored, _MOMENTS)), **standing)

    def settle(self, dtype: torch.dtype) -> None:
        """Learned: what it took to learn is let go, and the weights are as they will be kept, so that what is painted
        now is what is painted from the store."""
        self.moments.clear()
        if self.weights is not None:
            for name, tensor in self.weights.settled(dtype).items():
                self.weights.tensors[name] = nn.Parameter(tensor, requires_grad=False)

    def end_phase(self) -> None:
        self.phase, self.step, self.begun_at, self.loss = self.phase + 1, 0, 0.0, 0.0
        self.moments.clear()


def _below(stored: Mapping[str, Tensor], prefix: str) -> Iterator[tuple[str, Tensor]]:
    return ((name.removeprefix(prefix), tensor) for name, tensor in stored.items() if name.startswith(prefix))
