"""The noise that a denoiser was trained with, read from the scheduler of its pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import torch
from torch import Tensor


class Predicts(str, Enum):
    """What a denoiser answers for a noisy picture x_t = signal · x0 + noise · ε."""

    NOISE = "epsilon"
    VELOCITY = "v_prediction"
    PICTURE = "sample"
    FLOW = "flow"


@dataclass(frozen=True, eq=False)
class Schedule:
    """signal, noise, timesteps: (T,), of each timestep the share of picture and of noise, and its name for the
    denoiser."""

    signal: Tensor
    noise: Tensor
    timesteps: Tensor
    predicts: Predicts

    @classmethod
    def of(cls, scheduler: Any) -> Schedule:
        """``scheduler``: of diffusers. Its present run is not touched."""
        fresh = type(scheduler).from_config(scheduler.config)
        if hasattr(fresh, "alphas_cumprod"):
            kept = fresh.alphas_cumprod.double()
            timesteps = torch.arange(len(kept))
            predicts = Predicts(fresh.config.prediction_type)
            return cls(kept.sqrt().float(), (1 - kept).sqrt().float(), timesteps, predicts)
        count = fresh.config.num_train_timesteps
        sigmas = fresh.sigmas[:count].float().cpu()
        return cls(1 - sigmas, sigmas, fresh.timesteps[:count].float().cpu(), Predicts.FLOW)

    def __len__(self) -> int:
        return len(self.timesteps)

    def to(self, device: torch.device) -> Schedule:
        return Schedule(self.signal.to(device), self.noise.to(device), self.timesteps.to(device), self.predicts)

    def noised(self, clean: Tensor, noise: Tensor, at: Tensor) -> Tensor:
        """x_t: ``clean`` (1 or B, …) and ``noise`` (B, …) mixed for the places ``at`` (B,) of the schedule."""
        return _spread(self.signal[at], noise) * clean + _spread(self.noise[at], noise) * noise

    def target(self, clean: Tensor, noise: Tensor, at: Tensor) -> Tensor:
        """What a perfect denoiser would answer: the noise ε; the velocity α ε − σ x0 (Salimans and Ho, arXiv
        2202.00512, appendix D); the picture x0; or the flow ε − x0 (Lipman et al., arXiv 2210.02747)."""
        if self.predicts is Predicts.NOISE:
            return noise
        if self.predicts is Predicts.VELOCITY:
            return _spread(self.signal[at], noise) * noise - _spread(self.noise[at], noise) * clean
        if self.predicts is Predicts.PICTURE:
            return clean.expand_as(noise)
        return noise - clean

    def clean(self, noisy: Tensor, predicted: Tensor, at: Tensor) -> Tensor:
        """The picture x̂ that a denoiser means which answers ``predicted`` for ``noisy``; the reverse of ``target``."""
        signal, noise = _spread(self.signal[at], noisy), _spread(self.noise[at], noisy)
        if self.predicts is Predicts.NOISE:
            return (noisy - noise * predicted) / signal
        if self.predicts is Predicts.VELOCITY:
            return signal * noisy - noise * predicted
        if self.predicts is Predicts.PICTURE:
            return predicted
        return noisy - noise * predicted


def _spread(values: Tensor, like: Tensor) -> Tensor:
    """(B,) → (B, 1, 1, …)."""
    return values.view(-1, *[1] * (like.ndim - 1))
