"""How far a model is from knowing the picture: the diffusion loss of Imagic's equation 3."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from server.models.runtime.conditioning import Conditioning
from server.models.runtime.denoiser import Denoiser

from .dataset import TuningDataset


@dataclass(frozen=True, eq=False)
class NoiseDraw:
    """Noise ε (B, …), the places (B,) on the model's schedule at which a loss is taken, and of which words and pictures
    of a dataset, (B,) each."""

    noise: Tensor
    at: Tensor
    words: Tensor
    pictures: Tensor

    def part(self, begin: int, end: int) -> NoiseDraw:
        whole = (self.noise, self.at, self.words, self.pictures)
        return NoiseDraw(*(tensor[begin:end] for tensor in whole))


def draw(model: Denoiser, dataset: TuningDataset, count: int, seed: int) -> NoiseDraw:
    """The same for the same seed, made where it is used. The timesteps are uniform, one from each of ``count`` equal
    stretches of the schedule, stratified, so that few samples cover the range."""
    clean = dataset.pictures.clean
    device = clean.device
    generator = torch.Generator(device).manual_seed(seed)
    noise = torch.randn((count, *clean.shape[1:]), generator=generator, device=device)
    offsets = torch.rand(count, generator=generator, device=device)
    places = (torch.arange(count, device=device) + offsets) / count * len(model.schedule)
    return NoiseDraw(noise, places.long().clamp(max=len(model.schedule) - 1), *dataset.sample(count, generator))


def diffusion_loss(model: Denoiser, dataset: TuningDataset, conditioning: Conditioning, drawn: NoiseDraw) -> Tensor:
    """L(x, e, θ) = E ‖target − f_θ(x_t, t, e)‖², over noise and time. The target is ε in the paper; other denoisers
    predict the velocity or the flow (``Schedule.target``)."""
    schedule, pictures = model.schedule, dataset.pictures.take(drawn.pictures)
    noisy = schedule.noised(pictures.clean, drawn.noise, drawn.at)
    predicted = model.predict(noisy, schedule.timesteps[drawn.at], conditioning.take(drawn.words), pictures)
    return functional.mse_loss(predicted, schedule.target(pictures.clean, drawn.noise, drawn.at))
