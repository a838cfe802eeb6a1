"""A sampler that adds noise at every step, as its means alone: whoever uses it brings the noise.

SDE-DPM-Solver++(2M) (Lu et al., arXiv 2211.01095, §5 and appendix): with λ = log(α / σ) and h = λ_t − λ_s

    x_t = σ_t / σ_s · e^{−h} · x_s + α_t · (1 − e^{−2h}) · (D_0 + D_1 / 2) + σ_t · √(1 − e^{−2h}) · z
    D_0 = x̂(x_s)      D_1 = h / h_before · (x̂(x_s) − x̂ of the step before)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from .schedule import Schedule


@dataclass(frozen=True, eq=False)
class StochasticSolver:
    """at: of each step, its place on the schedule, (T,), from the most noise to the least. signal, noise: what x_t has
    of picture and of noise, and, last, the picture itself; T + 1 numbers each."""

    at: Tensor
    signal: tuple[float, ...]
    noise: tuple[float, ...]

    @classmethod
    def of(cls, schedule: Schedule, timesteps: Tensor) -> StochasticSolver:
        """timesteps: of a scheduler of diffusers for that schedule, whose places are their own numbers."""
        at = timesteps.round().long().to(schedule.signal.device)
        return cls(at, (*schedule.signal[at].tolist(), 1.0), (*schedule.noise[at].tolist(), 0.0))

    def __len__(self) -> int:
        return len(self.at)

    def mean(self, number: int, latents: Tensor, clean: Tensor, before: Tensor | None) -> Tensor:
        """Where step ``number`` leads without its noise. clean: the picture x̂ that the denoiser sees in ``latents``.
        before: what it saw one step earlier; None: of the first order. So is the last step, which ends at x̂."""
        h = self._log_ratio(number + 1) - self._log_ratio(number)
        direction = clean
        if before is not None and number + 1 < len(self):
            h_before = self._log_ratio(number) - self._log_ratio(number - 1)
            direction = clean + 0.5 * (h / h_before) * (clean - before)
        kept = self.noise[number + 1] / self.noise[number] * math.exp(-h)
        return kept * latents - self.signal[number + 1] * math.expm1(-2 * h) * direction

    def _log_ratio(self, number: int) -> float:
        """λ; beyond all numbers where there is nothing but noise, or but picture."""
        signal, noise = self.signal[number], self.noise[number]
        if not signal:
            return -math.inf
        return math.log(signal / noise) if noise else math.inf
