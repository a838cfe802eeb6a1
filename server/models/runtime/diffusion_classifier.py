"""Which of many captions fits a picture best, by a diffusion model itself: "Your Diffusion Model is Secretly a
Zero-Shot Classifier" (Li et al., arXiv 2303.16203).

The error E‖target − f(x_t, t, c)‖² with which the denoiser foretells the noise is smallest for the caption c that
describe the picture. All captions are tried on the same noise, a few draws at first; of each round the better quarter
goes on (their §3.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import ceil

import torch

from .conditioning import Conditioning
from .denoiser import Denoiser, EncodedPicture, OnEvaluation

_ROUNDS = (1, 1, 2, 4)
"""Draws in each."""

DRAWS = sum(_ROUNDS)

_GOES_ON = 0.25
_AT_ONCE = 16
"""Samples that go through the denoiser together."""


def evaluations(count: int) -> int:
    """Samples that go through the denoiser to choose among ``count`` captions."""
    return sum(alive * draws for alive, draws in zip(_alive(count), _ROUNDS, strict=True))


class DiffusionClassifier:
    """``encoded``: the picture. where: (1, 1, h, w), how much the error counts there. places: of the ``DRAWS`` draws on
    the schedule, 0 (the picture) to 1 (nothing but noise); those that come first decide most."""

    def __init__(
        self,
        model: Denoiser,
        encoded: EncodedPicture,
        where: torch.Tensor,
        places: Sequence[float],
        on_evaluation: OnEvaluation,
    ) -> None:
        self._model = model
        self._encoded = encoded
        self._where = where.to(encoded.clean.device)
        self._on_evaluation = on_evaluation
        clean, schedule = encoded.clean, model.schedule
        generator = torch.Generator().manual_seed(0)
        noise = torch.randn((DRAWS, *clean.shape[1:]), generator=generator).to(clean.device)
        at = (torch.tensor(places, device=clean.device) * len(schedule)).long()
        self._timesteps = schedule.timesteps[at]
        self._noisy = schedule.noised(clean, noise, at)
        self._target = schedule.target(clean, noise, at)

    @torch.no_grad()
    def best(self, captions: Sequence[str]) -> str:
        conditionings = [self._model.condition(caption) for caption in captions]
        alive = torch.arange(len(captions))
        errors = torch.zeros(len(captions), 0)
        ends = accumulate(_ROUNDS)
        for count, draws, end in zip(_alive(len(captions)), _ROUNDS, ends, strict=True):
            order = errors.mean(1).argsort(stable=True)[:count] if end > draws else alive
            alive, errors = alive[order], errors[order]
            pairs = [(int(caption), draw) for caption in alive for draw in range(end - draws, end)]
            found = self._errors([conditionings[caption] for caption, _ in pairs], [draw for _, draw in pairs]).view(
                -1, draws
            )
            # As shares of their mean: a draw in much noise says as much as one in little.
            errors = torch.cat([errors, found / found.mean(0)], 1)
        return captions[int(alive[errors.mean(1).argmin()])]

    def _errors(self, conditionings: Sequence[Conditioning], draws: Sequence[int]) -> torch.Tensor:
        """(B,), one for each caption and draw."""
        found = []
        for begin in range(0, len(draws), _AT_ONCE):
            chosen = torch.tensor(draws[begin : begin + _AT_ONCE], device=self._noisy.device)
            together = Conditioning.stack(conditionings[begin : begin + _AT_ONCE])
            predicted = self._model.predict(self._noisy[chosen], self._timesteps[chosen], together, self._encoded)
            error = (predicted - self._target[chosen]).square() * self._where
            found.append(error.flatten(1).mean(1).cpu())
            self._on_evaluation(len(chosen))
        return torch.cat(found)


def _alive(count: int) -> list[int]:
    """How many captions each round begins with: at least two, so that the last one decides."""
    return [min(count, max(2, ceil(count * _GOES_ON**number))) for number in range(len(_ROUNDS))]
