"""What it takes to fit a model to one picture (as Imagic does), whatever its family."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from server.pixels.picture import F32

from .schedule import Schedule

OnLook = Callable[[int], None]
"""Told how many samples more went through the denoiser. What it raises ends the looking."""


@dataclass(frozen=True, eq=False)
class Words:
    """A prompt as the denoiser reads it. parts: tensors (1, …), by the names under which the family's pipeline takes
    them (``prompt_embeds``, ``pooled_prompt_embeds``)."""

    parts: Mapping[str, torch.Tensor]

    @classmethod
    def stacked(cls, words: Sequence[Words]) -> Words:
        """Several prompts as one batch (B, …)."""
        return cls({name: torch.cat([each.parts[name] for each in words]) for name in words[0].parts})

    def towards(self, other: Words, share: float) -> Words:
        """``share`` of the way to ``other``: 0 is this, 1 the other; beyond 1 further on."""
        return Words({name: (1 - share) * part + share * other.parts[name] for name, part in self.parts.items()})

    def detached(self) -> Words:
        """A copy in single precision, for itself."""
        return Words({name: part.detach().clone().float() for name, part in self.parts.items()})


@dataclass(frozen=True, eq=False)
class Sitter:
    """One picture as the denoiser sees it while it is fitted. clean: its latents x0, (1, …) in the denoiser's layout,
    single precision. given: what else the denoiser is told of it (a mask, what is left under the mask), each (1, …)."""

    clean: torch.Tensor
    given: tuple[torch.Tensor, ...] = ()


class Tunable(ABC):
    """A denoiser with its words and its noise, for whoever fits it."""

    @property
    @abstractmethod
    def denoiser(self) -> torch.nn.Module:
        """The network that is fitted. Its own weights never require gradients."""

    @property
    @abstractmethod
    def schedule(self) -> Schedule:
        """How much noise each timestep has, and what the denoiser predicts."""

    @abstractmethod
    def embed(self, prompt: str) -> Words:
        """The prompt through the model's own text encoders."""

    @abstractmethod
    def sit(self, image: F32, mask: F32) -> Sitter:
        """image (H, W, 3), mask (H, W), as in ``Painting``: what the denoiser will be shown when it paints there."""

    @abstractmethod
    def predict(self, noisy: torch.Tensor, at: torch.Tensor, words: Words, sitter: Sitter) -> torch.Tensor:
        """What the denoiser makes of ``noisy`` (B, …), noised to the places ``at`` (B,) of ``schedule``; of the same
        shape, single precision. ``words``: one prompt for all, or one for each. Gradients flow to ``words`` and to
        weights that require them."""

    @property
    def looks(self) -> int:
        """Samples that go through the denoiser, at most, while ``caption`` looks for one."""
        return 0

    def caption(self, image: F32, mask: F32, on_look: OnLook) -> str:
        """What is in the picture where the mask is, in words the model was taught; empty for models that have no list
        of them. image, mask: as for ``sit``."""
        return ""

    def completed(self, prompt: str, caption: str) -> str:
        """``prompt`` with what a caption found by this model says and it leaves open."""
        return prompt
