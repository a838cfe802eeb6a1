"""What the bundled model knows, and whether a prompt is among it: by the meaning its own text encoder sees in words.

A small model that is asked for something it never saw paints a mess without warning. So the prompt, and each of its
parts, is compared with the names of all it was trained on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

FAMILIAR = 0.53
"""Cosine from which a prompt counts as known. Of 25 prompts it can draw 24 lie above, of 20 that it cannot 16 below."""

_PARTS = re.compile(r",| and | on | in | at | with | next to | beside ")
_SCALE = 400.0
_TENSOR = "meanings"


@dataclass(frozen=True)
class Acquaintance:
    """How near a prompt comes to the known things: ``cosine`` of its best part; ``nearest`` names, best first."""

    cosine: float
    nearest: tuple[str, ...]

    @property
    def familiar(self) -> bool:
        return self.cosine >= FAMILIAR

    @property
    def notice(self) -> str:
        """For the person, when the prompt is not familiar."""
        names = ", ".join(self.nearest)
        return (
            f"The built-in illustration model was never shown anything like this. The nearest things it knows: {names}."
        )


class Classes:
    """names: of the things; meanings: float32 (N, D), of length 1 each."""

    def __init__(self, names: Sequence[str], meanings: Tensor) -> None:
        self.names = tuple(names)
        self.meanings = meanings

    @classmethod
    def load(cls, path: Path) -> Classes:
        with safe_open(path, "pt") as file:
            return cls(json.loads(file.metadata()["names"]), file.get_tensor(_TENSOR).float() / _SCALE)

    def save(self, path: Path) -> None:
        """As int8: half a megabyte, and no cosine changes by more than 0.01."""
        coarse = (self.meanings * _SCALE).round().clamp(-127, 127).to(torch.int8)
        save_file({_TENSOR: coarse.contiguous()}, path, {"names": json.dumps(self.names)})

    def meet(self, prompt: str, tokenizer: Any, encoder: Any, count: int = 3) -> Acquaintance:
        """``tokenizer`` and ``encoder``: the model's own."""
        parts = [prompt, *(part.strip() for part in _PARTS.split(prompt) if part.strip() and part.strip() != prompt)]
        cosines = (meanings(parts, tokenizer, encoder) @ self.meanings.T).amax(0)
        best = cosines.topk(count)
        return Acquaintance(float(best.values[0]), tuple(self.names[int(index)] for index in best.indices))


@torch.no_grad()
def meanings(texts: Sequence[str], tokenizer: Any, encoder: Any) -> Tensor:
    """(B, D) of length 1: the mean of the hidden states over the words, as the text encoder was trained to be used."""
    tokens = tokenizer(list(texts), padding=True, truncation=True, return_tensors="pt").to(encoder.device)
    states = encoder(tokens.input_ids, attention_mask=tokens.attention_mask)[0].float()
    words = tokens.attention_mask[..., None]
    mean = (states * words).sum(1) / words.sum(1)
    normed: Tensor = (mean / mean.norm(dim=1, keepdim=True)).cpu()
    return normed
