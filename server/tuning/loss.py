"""How far a model is from knowing the picture: the diffusion loss of Imagic's equation 3."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from server.models.runtime.conditioning import Conditioning
from server.models.runtime.denoiser import Denoiser, EncodedPicture


@dataclass(frozen=True, eq=False)
class NoiseDraw:
    """Noise ε (B, …) and the places (B,) on the model's schedule at which a loss is taken."""

    noise: Tensor
    at: Tensor

    def part(self, begin: int, end: int) -> NoiseDraw:
        return NoiseDraw(self.noise[begin:end], self.at[begin:end])


def draw(model: Denoiser, encoded: EncodedPicture, count: int, seed: int) -> NoiseDraw:
    """The same for the same seed, made where it is used. The timesteps are uniform, one from each of ``count`` equal
    stretches of the schedule, stratified, so that few samples cover the range."""
    device = encoded.clean.device
    generator = torch.Generator(device).manual_seed(seed)
    noise = torch.randn((count, *encoded.clean.shape[1:]), generator=generator, device=device)
    offsets = torch.rand(count, generator=generator, device=device)
    places = (torch.arange(count, device=device) + offsets) / count * len(model.schedule)
    return NoiseDraw(noise, places.long().clamp(max=len(model.schedule) - 1))


def diffusion_loss(model: Denoiser, encoded: EncodedPicture, conditioning: Conditioning, drawn: NoiseDraw) -> Tensor:
    """L(x, e, θ) = E ‖target − f_θ(x_t, t, e)‖², over noise and time. The target is ε in the paper; other denoisers
    predict the velocity or the flow (``Schedule.target``)."""
    schedule = model.schedule
    noisy = schedule.noised(encoded.clean, drawn.noise, drawn.at)
    predicted = model.predict(noisy, schedule.timesteps[drawn.at], conditioning, encoded)
    return functional.mse_loss(predicted, schedule.target(encoded.clean, drawn.noise, drawn.at))
