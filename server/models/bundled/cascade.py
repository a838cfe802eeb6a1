"""The bundled illustration model: a small base of Stable Diffusion's shape and an up-sampler, one after the other.

A cascade as Imagen's (arXiv 2205.11487, §2.4). The base is a plain diffusers folder; ``cascade.json`` beside it says
what follows, ``known.safetensors`` what it was taught.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from server.models.adapter import Defaults, OnStep, Painting, Place
from server.models.card import Card
from server.models.pipeline import as_batch, as_picture
from server.models.shelf import Installed
from server.models.stable_diffusion import StableDiffusion
from server.pixels.picture import F32
from server.pixels.sizes import Sizes, plan_square
from server.wire import codec
from server.wire.geometry import Extent

from . import upscaler
from .known import Known

CASCADE = "cascade.json"
KNOWN = "known.safetensors"


@dataclass(frozen=True)
class Follows:
    """cascade.json. upscaler: a file beside it. upscaled: how many times larger it makes a picture. steps, guidance:
    what the base is best asked for."""

    upscaler: str
    upscaled: int
    steps: int
    guidance: float


@dataclass(frozen=True, eq=False)
class Beside:
    """What lies beside the base in its folder, loaded."""

    follows: Follows
    upscaler: upscaler.Upscaler
    known: Known

    @classmethod
    def read(cls, folder: Path, device: torch.device) -> Beside:
        follows = codec.from_text(Follows, (folder / CASCADE).read_text("utf-8"), CASCADE)
        return cls(follows, upscaler.load(folder / follows.upscaler, device), Known.load(folder / KNOWN))


class Cascade(StableDiffusion):
    """Paints squares of its native size only, so that it is shown close-ups. In single precision everywhere: it is
    small enough."""

    close_up = True

    def __init__(self, card: Card, pipe: Any, place: Place, beside: Beside) -> None:
        super().__init__(card, pipe, place)
        self._beside = beside
        self.defaults = Defaults(beside.follows.steps, beside.follows.guidance)

    @classmethod
    def load(cls, model: Installed, place: Place) -> Cascade:
        place = replace(place, dtype=torch.float32)
        return cls(model.card, cls._open(model, place), place, Beside.read(model.weights, place.device))

    @property
    def nbytes(self) -> int:
        enlarging = sum(weight.numel() * weight.element_size() for weight in self._beside.upscaler.parameters())
        return super().nbytes + enlarging

    def sizes(self, input: Extent) -> Sizes:
        return plan_square(input, self.native, upscale=self._beside.follows.upscaled)

    def repaint_all(self, paintings: Sequence[Painting], on_step: OnStep) -> list[F32]:
        return [self.enlarge(image) for image in super().repaint_all(paintings, on_step)]

    @torch.no_grad()
    def enlarge(self, image: F32) -> F32:
        return as_picture(self._beside.upscaler(as_batch(image).to(self.place.device)))

    def unfamiliar(self, prompt: str) -> str:
        met = self._beside.known.meet(prompt, self.pipe.tokenizer, self.pipe.text_encoder)
        return "" if met.familiar else met.notice
