"""One loaded model: a ``Denoiser`` with its card, its sizes, its place in memory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from server.models.families.family import Defaults
from server.models.store.card import Card
from server.models.store.loras import Lora, LoraStore
from server.models.store.spoken import Glossary, Spoken
from server.models.store.store import Installed
from server.pixels.picture import F32
from server.pixels.sizes import Sizes, plan
from server.wire.geometry import Extent

from .denoiser import Denoiser
from .misfit import MisfitError
from .super_resolution import SuperResolution
from .weights import LowRank


@dataclass(frozen=True)
class Placement:
    """Where a model runs, and the type of its weights there."""

    device: torch.device
    dtype: torch.dtype
    offload: bool = False
    """Keep on the device only the part that works at the moment (for a model larger than the device's memory)."""


OnStep = Callable[[int, int, "F32 | None"], None]
"""Told after each denoising step: steps done, steps in all, preview (h, w, 3). What it raises ends the run; the model
stays usable."""


class Resident(ABC):
    """Any loaded model. native: the side of the squares it was trained on. multiple: of which both sides have to be."""

    card: Card
    place: Placement
    native: int
    multiple: int

    close_up = False
    """Whether it sees so few pixels that it is to be shown the selection and a little around it, not the whole crop."""

    @classmethod
    @abstractmethod
    def load(cls, model: Installed, place: Placement) -> Resident:
        """From its folder or one .safetensors file; never from the network."""

    def sizes(self, input: Extent) -> Sizes:
        """The way of a picture of that size to the model and back."""
        return plan(input, self.native, self.multiple)

    def enlarge(self, image: F32) -> F32:
        """A picture (H, W, 3), 0..1, of the working size → the output size: a cascade's second half."""
        return image

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Of its weights where it runs."""

    def reduce_memory(self) -> bool:
        """Apply the next memory-saving measure: work in tiles, keep only what works on the device, paint fewer pixels.
        False when no measure is left."""
        return False


class Adapter(Resident, Denoiser):
    """One loaded diffusion model."""

    defaults: Defaults

    glossary = Glossary()
    """How prompts are read: what it wears has words of its own."""

    super_resolution: SuperResolution | None = None
    """What makes a picture of any size larger; None: it has none."""

    @contextmanager
    def denoiser_alone(self) -> Iterator[None]:
        """While this lasts nothing else need be on the device."""
        yield

    @abstractmethod
    def differentiable(self) -> AbstractContextManager[Callable[[Tensor], Tensor]]:
        """While this lasts: pictures (B, 3, H, W), 0..1 → their latents, as ``encode`` has them, with gradients. Raises
        out-of-memory where only the part that works is on the device: gradients need them all."""

    @contextmanager
    def wearing(self, spoken: Sequence[Spoken]) -> Iterator[None]:
        """While this lasts it paints with these LoRAs, and reads their words in every prompt. Raises ``MisfitError``
        for one that it cannot wear; then it wears none."""
        raise MisfitError(spoken[0].lora.word, "such models take none")
        yield

    def keep(self, learned: LowRank, lora: Lora, store: LoraStore) -> Lora:
        """Puts what the denoiser has learned on ``store`` as ``lora``, as other programs have such files. Raises
        ``MisfitError`` for a model that can wear none."""
        raise MisfitError(lora.word, "such models take none")

    @abstractmethod
    def preview(self, latents: torch.Tensor) -> F32:
        """Unfinished latents (1, C, h, w) as a small picture (h', w', 3), 0..1."""

    @property
    @abstractmethod
    def sees_mask(self) -> bool:
        """Whether the denoiser is shown the mask; else it only samples under it."""

    def unfamiliar(self, prompt: str) -> str:
        """A sentence for the person when the words lie outside all that the model knows; empty as a rule."""
        return ""

    @abstractmethod
    def left_out(self, prompt: str) -> str:
        """The end of ``prompt`` that the model does not read because it is too long; empty as a rule."""
