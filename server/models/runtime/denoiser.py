"""A diffusion model as every method sees it, whatever its family (the idea of k-diffusion's ``model(x, sigma)``):
pictures become latents and come back, words become conditioning, and a noisy picture gets a prediction.

What samples is in ``sampling``; what fits a model to a picture is in ``server.tuning``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from server.pixels.picture import F32
from server.wire.geometry import Extent

from .conditioning import Conditioning
from .schedule import Schedule

OnEvaluation = Callable[[int], None]
"""Told how many samples more went through the denoiser. What it raises ends what is under way."""


@dataclass(frozen=True, eq=False)
class SamplingRequest:
    """One picture to sample.

    image: float32 (H, W, 3), 0..1, sRGB, both sides multiples of the model's ``multiple``.
    mask: float32 (H, W), 0..1, soft; white = repaint.
    strength: above 0, to 1: how much noise to begin with.
    steps: of a run at strength 1.
    conditioning: sampled instead of the prompt's own.
    references: float32 (h, w, 3) each, of any size: shown to a model that looks at reference pictures.
    rescale: 0 to 1: how far a guided prediction is brought back to the contrast of the one without guidance.
    """

    image: F32
    mask: F32
    prompt: str
    negative: str
    seed: int
    strength: float
    steps: int
    guidance: float
    conditioning: Conditioning | None = None
    references: tuple[F32, ...] = ()
    rescale: float = 0.0


@dataclass(frozen=True, eq=False)
class EncodedPicture:
    """One picture as the denoiser sees it, or a batch of it.

    clean: its latents x0, (1 or B, C, h, w).
    shown: what else the denoiser is told of it (a mask, what is left under the mask, reference pictures), each
    (1 or B, …).
    """

    clean: Tensor
    shown: tuple[Tensor, ...] = ()

    def take(self, which: Tensor) -> EncodedPicture:
        """Of a batch those of these numbers; one alone stands for all."""
        if len(self.clean) == 1:
            return self
        return EncodedPicture(self.clean[which], tuple(part[which] for part in self.shown))

    def repeat(self, count: int) -> EncodedPicture:
        """The whole batch, ``count`` times."""
        return EncodedPicture(_repeated(self.clean, count), tuple(_repeated(part, count) for part in self.shown))


class Denoiser(ABC):
    """Latents are (B, C, h, w) everywhere outside; what a transformer makes of them is its family's."""

    @property
    @abstractmethod
    def network(self) -> torch.nn.Module:
        """The network that predicts. Its own weights never require gradients."""

    @property
    @abstractmethod
    def schedule(self) -> Schedule:
        """The noise it was trained with: of each timestep, and what the network predicts."""

    @abstractmethod
    def scheduler(self, steps: int, size: Extent) -> Any:
        """A fresh one of diffusers, its timesteps set for a picture of ``size`` pixels."""

    @abstractmethod
    def encode(self, image: F32) -> Tensor:
        """(H, W, 3), 0..1 → the most likely latents (1, C, h, w), scaled as the denoiser wants them."""

    @abstractmethod
    def decode(self, latents: Tensor) -> list[F32]:
        """(B, C, h, w) scaled latents → B pictures (H, W, 3), 0..1."""

    @abstractmethod
    def encode_for_training(self, image: F32, mask: F32) -> EncodedPicture:
        """image (H, W, 3), mask (H, W), as in ``SamplingRequest``: what the denoiser will be shown when it samples
        there; (1, …), single precision."""

    @abstractmethod
    def encode_for_sampling(
        self, request: SamplingRequest, generators: Sequence[torch.Generator], from_noise: bool
    ) -> tuple[EncodedPicture, Tensor]:
        """What the denoiser is shown of the request's picture, and the noise of the run: one of each for each of
        ``generators``, which draw both in the order in which diffusers' own pipelines do. from_noise: the run begins
        with nothing else."""

    @abstractmethod
    def shrink(self, mask: F32) -> Tensor:
        """(H, W) → (1, 1, h, w), at the latents' size."""

    @abstractmethod
    def condition(self, prompt: str) -> Conditioning:
        """The prompt through the model's own text encoders; single precision."""

    @abstractmethod
    def unconditional(self, negative: str) -> Conditioning | None:
        """What classifier-free guidance leads away from; None for a model that has none."""

    @abstractmethod
    def predict(
        self,
        noisy: Tensor,
        timesteps: Tensor,
        conditioning: Conditioning,
        encoded: EncodedPicture,
        guidance: float = 1.0,
    ) -> Tensor:
        """What the denoiser makes of ``noisy``; of the same shape and type.

        noisy: (B, C, h, w), noised to ``timesteps``, (B,) or one for all.
        conditioning: one prompt for all, or one for each.
        guidance: of a model that was distilled from guided runs and reads how much; others do not.
        Gradients flow to ``conditioning`` and to weights that require them.
        """

    def words(self, prompt: str) -> slice:
        """The tokens of ``condition(prompt)`` that are the prompt's own, not those that begin, end or fill it up."""
        return slice(None)

    @property
    def evaluations(self) -> int:
        """Samples that go through the denoiser, at most, while ``caption`` looks for one."""
        return 0

    def caption(self, image: F32, mask: F32, on_evaluation: OnEvaluation) -> str:
        """What is in the picture where the mask is, in words the model was taught; empty for models that have no list
        of them. image, mask: as for ``encode_for_training``."""
        return ""

    def prior_prompts(self, of_class: str) -> tuple[str, ...]:
        """What it is to paint itself before a word is taught, so that it does not forget it. of_class: "a dog"."""
        return (of_class,)

    def completed(self, prompt: str, caption: str) -> str:
        """``prompt`` with what a caption found by this model says and it leaves open."""
        return prompt


def _repeated(part: Tensor, count: int) -> Tensor:
    return part.repeat(count, *[1] * (part.ndim - 1))
