"""Which of many captions fits a picture best, by a diffusion model itself: "Your Diffusion Model is Secretly a
Zero-Shot Classifier" (Li et al., arXiv 2303.16203).

The error E‖target − f(x_t, t, c)‖² with which the denoiser foretells the noise is smallest for the words c that
describe the picture. All captions are tried on the same noise, a few draws at first; of each round the better quarter
goes on (their §3.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import ceil

import torch

from .denoiser import OnLook, Sitter, Tunable, Words

_ROUNDS = (1, 1, 2, 4)
"""Draws in each."""

DRAWS = sum(_ROUNDS)

_GOES_ON = 0.25
_AT_ONCE = 16
"""Samples that go through the denoiser together."""


def looks(count: int) -> int:
    """Samples that go through the denoiser to choose among ``count`` captions."""
    return sum(alive * draws for alive, draws in zip(_alive(count), _ROUNDS, strict=True))


class DiffusionClassifier:
    """``sitter``: the picture. where: (1, 1, h, w), how much the error counts there. places: of the ``DRAWS`` draws on
    the schedule, 0 (the picture) to 1 (nothing but noise); those that come first decide most."""

    def __init__(
        self, model: Tunable, sitter: Sitter, where: torch.Tensor, places: Sequence[float], on_look: OnLook
    ) -> None:
        self._model = model
        self._sitter = sitter
        self._where = where.to(sitter.clean.device)
        self._on_look = on_look
        clean, schedule = sitter.clean, model.schedule
        dice = torch.Generator().manual_seed(0)
        noise = torch.randn((DRAWS, *clean.shape[1:]), generator=dice).to(clean.device)
        self._at = (torch.tensor(places, device=clean.device) * len(schedule)).long()
        self._noisy = schedule.noised(clean, noise, self._at)
        self._target = schedule.target(clean, noise, self._at)

    @torch.no_grad()
    def best(self, captions: Sequence[str]) -> str:
        words = [self._model.embed(caption) for caption in captions]
        alive = torch.arange(len(captions))
        errors = torch.zeros(len(captions), 0)
        ends = accumulate(_ROUNDS)
        for count, draws, end in zip(_alive(len(captions)), _ROUNDS, ends, strict=True):
            order = errors.mean(1).argsort(stable=True)[:count] if end > draws else alive
            alive, errors = alive[order], errors[order]
            pairs = [(int(one), draw) for one in alive for draw in range(end - draws, end)]
            found = self._errors([words[one] for one, _ in pairs], [draw for _, draw in pairs]).view(-1, draws)
            # As shares of their mean: a draw in much noise says as much as one in little.
            errors = torch.cat([errors, found / found.mean(0)], 1)
        return captions[int(alive[errors.mean(1).argmin()])]

    def _errors(self, words: Sequence[Words], draws: Sequence[int]) -> torch.Tensor:
        """(B,), one for each caption's words and draw."""
        found = []
        for begin in range(0, len(draws), _AT_ONCE):
            chosen = torch.tensor(draws[begin : begin + _AT_ONCE], device=self._noisy.device)
            together = Words.stacked(words[begin : begin + _AT_ONCE])
            predicted = self._model.predict(self._noisy[chosen], self._at[chosen], together, self._sitter)
            error = (predicted - self._target[chosen]).square() * self._where
            found.append(error.flatten(1).mean(1).cpu())
            self._on_look(len(chosen))
        return torch.cat(found)


def _alive(count: int) -> list[int]:
    """How many captions each round begins with: at least two, so that the last one decides."""
    return [min(count, max(2, ceil(count * _GOES_ON**number))) for number in range(len(_ROUNDS))]
