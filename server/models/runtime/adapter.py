"""The one interface through which an edit speaks to a model, whatever its family."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from server.models.store.card import Card
from server.models.store.store import Installed
from server.pixels.picture import F32
from server.pixels.sizes import Sizes, plan
from server.wire.geometry import Extent

from .denoiser import Tunable, Words


@dataclass(frozen=True)
class Place:
    """Where a model runs, and the type of its weights there."""

    device: torch.device
    dtype: torch.dtype
    offload: bool = False
    """Keep on the device only the part that works at the moment (for a model larger than the device's memory)."""


@dataclass(frozen=True)
class Defaults:
    """What a model is best asked for when the user says nothing. ``strength`` is that of a replacement; a redraw has
    its own."""

    steps: int
    guidance: float
    strength: float = 1.0


@dataclass(frozen=True, eq=False)
class Painting:
    """One picture to repaint.

    image: float32 (H, W, 3), 0..1, sRGB, both sides multiples of the adapter's ``multiple``. mask: float32 (H, W),
    0..1, soft; white = repaint. strength: above 0, to 1: how much noise to begin with. steps: of a run at strength 1.
    words: painted instead of the prompt's own.
    """

    image: F32
    mask: F32
    prompt: str
    negative: str
    seed: int
    strength: float
    steps: int
    guidance: float
    words: Words | None = None


OnStep = Callable[[int, int, "F32 | None"], None]
"""Told after each denoising step: steps done, steps in all, preview (h, w, 3). What it raises ends the painting."""


class Adapter(Tunable):
    """One loaded model. native: the side of the squares it was trained on. multiple: of which both sides have to be."""

    card: Card
    place: Place
    native: int
    multiple: int
    defaults: Defaults

    close_up = False
    """Whether it sees so few pixels that it is to be shown the selection and a little around it, not the whole crop."""

    @classmethod
    @abstractmethod
    def load(cls, model: Installed, place: Place) -> Adapter:
        """From a diffusers folder or one .safetensors file; never from the network."""

    def sizes(self, input: Extent) -> Sizes:
        """The way of a picture of that size to the model and back."""
        return plan(input, self.native, self.multiple)

    @abstractmethod
    def repaint(self, painting: Painting, on_step: OnStep) -> F32:
        """(H, W, 3), 0..1, sRGB, at the output size of ``sizes``. Where the mask is 0 the picture stays (but for what
        the autoencoder loses). The same painting gives the same pixels. Stays usable when ``on_step`` raised."""

    @abstractmethod
    def repaint_all(self, paintings: Sequence[Painting], on_step: OnStep) -> list[F32]:
        """``repaint`` of several at once, which differ in seed and words only: as one batch, in which each differs from
        what it would be alone by rounding errors."""

    @abstractmethod
    def encode(self, image: F32) -> torch.Tensor:
        """(H, W, 3), 0..1 → the most likely latents (1, C, h, w), scaled as the denoiser wants them."""

    @abstractmethod
    def decode(self, latents: torch.Tensor) -> F32:
        """(1, C, h, w) scaled latents → (H, W, 3), 0..1."""

    @contextmanager
    def denoiser_alone(self) -> Iterator[None]:
        """While this lasts nothing else need be on the device."""
        yield

    def enlarge(self, image: F32) -> F32:
        """A decoded picture (H, W, 3), 0..1 → the output size: a cascade's second half. ``repaint`` does so itself."""
        return image

    def unfamiliar(self, prompt: str) -> str:
        """A sentence for the person when the words lie outside all that the model knows; empty as a rule."""
        return ""

    @abstractmethod
    def left_out(self, prompt: str) -> str:
        """The end of ``prompt`` that the model does not read because it is too long; empty as a rule."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Of its weights where it runs."""

    def reduce_memory(self) -> bool:
        """From now on it needs less memory, by one measure more: it works in tiles, keeps only what works on the
        device, paints fewer pixels. False when no measure is left."""
        return False
