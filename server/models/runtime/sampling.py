"""The sampling loop, one for all families and methods. What a method does on the way is its hook ``after_step``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from .conditioning import Conditioning
from .denoiser import Denoiser, EncodedPicture, SamplingRequest

Predict = Callable[[Tensor, Tensor], Tensor]
"""Noisy latents (B, C, h, w) and the timestep → what guidance makes of the denoiser's predictions, (B, C, h, w)."""

AfterStep = Callable[[int, Tensor], Tensor]
"""The number of the step that was done, from 0, and its latents → those to go on with. What it raises ends the run."""


def denoise(latents: Tensor, trajectory: Trajectory, predict: Predict, after_step: AfterStep) -> Tensor:
    """From the first timestep of ``trajectory`` to the last."""
    for number, timestep in enumerate(trajectory.timesteps):
        predicted = predict(trajectory.scaled(latents, timestep), timestep)
        latents = after_step(number, trajectory.step(predicted, timestep, latents))
    return latents


class Trajectory:
    """The way from noise to a picture that one run takes, by a scheduler of diffusers.

    scheduler: fresh, with its timesteps set.
    steps: of all of it.
    strength: above 0, to 1: the share of them that is gone, rounded down, and at least one.
    generators: of a scheduler that draws noise on the way.
    """

    def __init__(
        self, scheduler: Any, steps: int, strength: float = 1.0, generators: Sequence[torch.Generator] = ()
    ) -> None:
        first = (steps - max(1, int(strength * steps + 1e-6))) * scheduler.order
        self._scheduler = scheduler
        self.from_noise = first == 0
        self.timesteps: Tensor = scheduler.timesteps[first:]
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(first)
        takes = "generator" in inspect.signature(scheduler.step).parameters
        self._more = {"generator": list(generators)} if takes and generators else {}

    def __len__(self) -> int:
        return len(self.timesteps)

    def start(self, clean: Tensor, noise: Tensor) -> Tensor:
        """Where the run begins: the picture noised to its first timestep; nothing but noise where that is all there
        is, since what is left of the picture there is less than models were trained to see."""
        if self.from_noise:
            return noise * getattr(self._scheduler, "init_noise_sigma", 1.0)
        return self.noised(clean, noise, 0)

    def noised(self, clean: Tensor, noise: Tensor, number: int) -> Tensor:
        """The picture noised to timestep ``number``: the one that comes next, because schedulers count with the run."""
        timestep = self.timesteps[number][None]
        if hasattr(self._scheduler, "scale_noise"):  # flow matching
            return _tensor(self._scheduler.scale_noise(clean, timestep, noise))
        return _tensor(self._scheduler.add_noise(clean, noise, timestep))

    def scaled(self, latents: Tensor, timestep: Tensor) -> Tensor:
        """As the denoiser was trained to see them."""
        if hasattr(self._scheduler, "scale_model_input"):
            return _tensor(self._scheduler.scale_model_input(latents, timestep))
        return latents

    def step(self, predicted: Tensor, timestep: Tensor, latents: Tensor) -> Tensor:
        return _tensor(self._scheduler.step(predicted, timestep, latents, **self._more, return_dict=False)[0])


def guided(model: Denoiser, requests: Sequence[SamplingRequest], encoded: EncodedPicture) -> Predict:
    """Classifier-free guidance (Ho and Salimans, arXiv 2207.12598, equation 6): away from what is not wanted, by both
    predictions in one batch. A scale of 1 is no guidance; a model without a second prediction is told the scale."""
    scale, rescale = requests[0].guidance, requests[0].rescale
    wanted = Conditioning.stack([_conditioning(model, request) for request in requests])
    unwanted = model.unconditional(requests[0].negative) if scale > 1 else None
    if unwanted is None:
        return lambda noisy, timestep: model.predict(noisy, timestep, wanted, encoded, scale)
    both, twice = Conditioning.stack([*[unwanted] * len(requests), wanted]), encoded.repeat(2)

    def predict(noisy: Tensor, timestep: Tensor) -> Tensor:
        away, towards = model.predict(torch.cat([noisy, noisy]), timestep, both, twice).chunk(2)
        found = away + scale * (towards - away)
        return rescaled(found, towards, rescale) if rescale else found

    return predict


def rescaled(guided: Tensor, towards: Tensor, share: float) -> Tensor:
    """What strong guidance burns is brought back, ``share`` of the way, to the deviation of the prediction for the
    words alone (Lin et al., arXiv 2305.08891, §3.4, equations 15 and 16)."""
    axes = tuple(range(1, guided.ndim))
    own = guided * (towards.std(axes, keepdim=True) / guided.std(axes, keepdim=True))
    return share * own + (1 - share) * guided


def _conditioning(model: Denoiser, request: SamplingRequest) -> Conditioning:
    return model.condition(request.prompt) if request.conditioning is None else request.conditioning


def _tensor(value: Any) -> Tensor:
    assert isinstance(value, Tensor)
    return value
