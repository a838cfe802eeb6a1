"""How far a model is from knowing the picture: the diffusion loss of Imagic's equation 3."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from server.models.runtime.denoiser import Sitter, Tunable, Words


@dataclass(frozen=True, eq=False)
class Draw:
    """Noise ε (B, …) and the places (B,) on the model's schedule at which a loss is taken."""

    noise: Tensor
    at: Tensor

    def part(self, begin: int, end: int) -> Draw:
        return Draw(self.noise[begin:end], self.at[begin:end])


def draw(model: Tunable, sitter: Sitter, count: int, seed: int) -> Draw:
    """The same for the same seed, made where it is used. The timesteps are uniform, one from each of ``count`` equal
    stretches of the schedule, so that few of them know the whole of it."""
    device = sitter.clean.device
    dice = torch.Generator(device).manual_seed(seed)
    noise = torch.randn((count, *sitter.clean.shape[1:]), generator=dice, device=device)
    offsets = torch.rand(count, generator=dice, device=device)
    places = (torch.arange(count, device=device) + offsets) / count * len(model.schedule)
    return Draw(noise, places.long().clamp(max=len(model.schedule) - 1))


def diffusion_loss(model: Tunable, sitter: Sitter, words: Words, drawn: Draw) -> Tensor:
    """L(x, e, θ) = E ‖target − f_θ(x_t, t, e)‖², over noise and time. The target is ε in the paper; other denoisers
    predict the velocity or the flow (``Schedule.target``)."""
    schedule = model.schedule
    noisy = schedule.noised(sitter.clean, drawn.noise, drawn.at)
    predicted = model.predict(noisy, drawn.at, words, sitter)
    return functional.mse_loss(predicted, schedule.target(sitter.clean, drawn.noise, drawn.at))
