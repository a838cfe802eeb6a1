"""A prompt as a denoiser reads it: the embeddings of one or several text encoders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

_TOKENS = 1
"""The dimension along which a sequence has its tokens."""


@dataclass(frozen=True, eq=False)
class Conditioning:
    """parts: embeddings by the names that diffusers has for them: sequences (B, L, D), whose lengths may differ from
    one encoder to the next, and pooled ones (B, D).
    masks: bool (B, L), true = a token that counts, by the name of its part; none for a part whose tokens all count.
    """

    parts: Mapping[str, Tensor]
    masks: Mapping[str, Tensor] = field(default_factory=dict)

    @classmethod
    def stack(cls, several: Sequence[Conditioning]) -> Conditioning:
        """As one batch (B, …); sequences are padded to the longest."""
        lengths = {name: max(each.parts[name].shape[_TOKENS] for each in several) for name in several[0].sequences}
        uneven = {
            name: any(each.parts[name].shape[_TOKENS] != most for each in several) for name, most in lengths.items()
        }
        masked = {name for name in lengths if uneven[name] or any(name in each.masks for each in several)}
        padded = [each.pad(lengths, masked) for each in several]
        return cls(
            {name: torch.cat([each.parts[name] for each in padded]) for name in several[0].parts},
            {name: torch.cat([each.masks[name] for each in padded]) for name in masked},
        )

    def pad(self, lengths: Mapping[str, int], masked: set[str]) -> Conditioning:
        """Sequences filled up with zeros to ``lengths``, by name; those of ``masked`` have a mask afterwards, in which
        what was added does not count."""
        parts, masks = dict(self.parts), dict(self.masks)
        for name, length in lengths.items():
            more = length - parts[name].shape[_TOKENS]
            mask = masks.get(name, parts[name].new_ones(parts[name].shape[:2], dtype=torch.bool))
            parts[name] = functional.pad(parts[name], (0, 0, 0, more))
            if name in masked:
                masks[name] = functional.pad(mask, (0, more), value=False)
        return Conditioning(parts, masks)

    def lerp(self, other: Conditioning, share: float) -> Conditioning:
        """``share`` of the way to ``other``: 0 is this, 1 the other; beyond 1 further on. A token counts that counts in
        either."""
        if self._shapes == other._shapes and not self.masks and not other.masks:
            parts = {name: (1 - share) * part + share * other.parts[name] for name, part in self.parts.items()}
            return Conditioning(parts)
        both, count = Conditioning.stack([self, other]), len(self)
        return Conditioning(
            {name: (1 - share) * part[:count] + share * part[count:] for name, part in both.parts.items()},
            {name: mask[:count] | mask[count:] for name, mask in both.masks.items()},
        )

    def expand(self, count: int, dtype: torch.dtype) -> Conditioning:
        """(1, …) or (count, …) → (count, …), the embeddings in ``dtype``."""
        parts = {name: part.expand(count, *part.shape[1:]).to(dtype) for name, part in self.parts.items()}
        return Conditioning(parts, {name: mask.expand(count, -1) for name, mask in self.masks.items()})

    def take(self, which: Tensor) -> Conditioning:
        """Of a batch those of these numbers; one alone stands for all."""
        if len(self) == 1:
            return self
        parts = {name: part[which] for name, part in self.parts.items()}
        return Conditioning(parts, {name: mask[which] for name, mask in self.masks.items()})

    def detach(self) -> Conditioning:
        """A copy in single precision, for itself."""
        parts = {name: part.detach().clone().float() for name, part in self.parts.items()}
        return Conditioning(parts, {name: mask.clone() for name, mask in self.masks.items()})

    def float(self) -> Conditioning:
        """In single precision."""
        return Conditioning({name: part.float() for name, part in self.parts.items()}, self.masks)

    def zeros(self) -> Conditioning:
        return Conditioning({name: torch.zeros_like(part) for name, part in self.parts.items()}, self.masks)

    def __len__(self) -> int:
        """Prompts in the batch."""
        return len(next(iter(self.parts.values())))

    @property
    def sequences(self) -> tuple[str, ...]:
        return tuple(name for name, part in self.parts.items() if part.ndim == 3)

    @property
    def _shapes(self) -> Mapping[str, torch.Size]:
        return {name: part.shape for name, part in self.parts.items()}
