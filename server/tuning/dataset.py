"""What a model is to learn: pictures, and with which words each goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from server.models.runtime.denoiser import EncodedPicture


@dataclass(frozen=True, eq=False)
class TuningDataset:
    """pictures: (N, …), all of one size, those of the first words first. counts: how many go with each row of the
    conditioning. Of each a step sees as many."""

    pictures: EncodedPicture
    counts: tuple[int, ...] = (1,)

    @classmethod
    def of(cls, groups: Sequence[Sequence[EncodedPicture]]) -> TuningDataset:
        """Pictures by the words that they go with; none is empty."""
        every = [picture for group in groups for picture in group]
        shown = (torch.cat(parts) for parts in zip(*(picture.shown for picture in every), strict=True))
        pictures = EncodedPicture(torch.cat([picture.clean for picture in every]), tuple(shown))
        return cls(pictures, tuple(len(group) for group in groups))

    def sample(self, count: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """For each of ``count`` samples its words and its picture, (count,) each: half of them the first words, the
        other half any of the others, in any order."""
        device, others = generator.device, len(self.counts) - 1
        words = torch.zeros(count, dtype=torch.long, device=device)
        if len(self.pictures.clean) == 1:  # nothing to be drawn
            return words, torch.zeros_like(words)
        if others:
            words[(count + 1) // 2 :] = torch.randint(1, others + 1, (count // 2,), generator=generator, device=device)
        words = words[torch.randperm(count, generator=generator, device=device)]
        counts = torch.tensor(self.counts, device=device)
        within = (torch.rand(count, generator=generator, device=device) * counts[words]).long()
        return words, (counts.cumsum(0) - counts)[words] + within.minimum(counts[words] - 1)
