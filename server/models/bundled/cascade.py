"""The bundled illustration model: a small base of Stable Diffusion's shape and an up-sampler, one after the other.

A cascade as Imagen's (arXiv 2205.11487, §2.4). The base is a plain diffusers folder; ``cascade.json`` beside it says
what follows, ``known.safetensors`` what it was taught, ``words.json`` what else its captions say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch

from server.models.families.family import Defaults
from server.models.runtime.adapter import Placement
from server.models.runtime.autoencoder import as_batch, as_picture
from server.models.runtime.denoiser import OnEvaluation
from server.models.runtime.diffusion_classifier import DiffusionClassifier, evaluations
from server.models.runtime.pipeline import PipelineAdapter
from server.models.runtime.super_resolution import SuperResolution
from server.models.store.card import Card
from server.models.store.store import Installed
from server.pixels.picture import F32
from server.pixels.sizes import Sizes, plan_square
from server.wire import codec
from server.wire.geometry import Extent

from . import upscaler, vocabulary
from .known import Classes
from .vocabulary import Vocabulary, joined

CASCADE = "cascade.json"
KNOWN = "known.safetensors"

IN_PARTICULAR = (0.6, 0.4, 0.75, 0.3, 0.5, 0.85, 0.65, 0.25)
"""Places on the schedule at which captions of different things are told apart."""

PRIOR_CAPTIONS = 47
"""That it paints before a word is taught, beside the word's class."""

ON_THE_WHOLE = (0.95, 0.93, 0.96, 0.9, 0.94, 0.95, 0.92, 0.97)
"""Places on the schedule at which captions of different grounds are told apart: in most of the noise only the picture's
overall colour can be foretold."""

_SURELY = 0.6
"""Cosine from which a prompt surely asks for the nearest known thing."""


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
    """The cascade's other parts."""

    follows: Follows
    upscaler: upscaler.Upscaler
    known: Classes
    vocabulary: Vocabulary

    @classmethod
    def read(cls, folder: Path, device: torch.device) -> Beside:
        follows = codec.from_text(Follows, (folder / CASCADE).read_text("utf-8"), CASCADE)
        words = codec.from_text(Vocabulary, (folder / vocabulary.FILE_NAME).read_text("utf-8"), vocabulary.FILE_NAME)
        return cls(follows, upscaler.load(folder / follows.upscaler, device), Classes.load(folder / KNOWN), words)


class Cascade(PipelineAdapter):
    """Paints squares of its native size only, so that it is shown close-ups. In single precision everywhere: it is
    small enough."""

    close_up = True

    def __init__(self, card: Card, pipe: Any, place: Placement, beside: Beside) -> None:
        super().__init__(card, pipe, place)
        self._beside = beside
        self.super_resolution = SuperResolution(
            beside.upscaler, beside.follows.upscaled, upscaler.REACH, self.place.device
        )
        self.defaults = Defaults(beside.follows.steps, beside.follows.guidance)

    @classmethod
    def load(cls, model: Installed, place: Placement) -> Cascade:
        place = replace(place, dtype=torch.float32)
        return cls(model.card, cls.opened(model, place), place, Beside.read(model.weights, place.device))

    @property
    def nbytes(self) -> int:
        enlarging = sum(weight.numel() * weight.element_size() for weight in self._beside.upscaler.parameters())
        return super().nbytes + enlarging

    def sizes(self, input: Extent) -> Sizes:
        return plan_square(input, self.native, upscale=self._beside.follows.upscaled)

    @torch.no_grad()
    def enlarge(self, image: F32) -> F32:
        return as_picture(self._beside.upscaler(as_batch(image).to(self.place.device))[0])

    def unfamiliar(self, prompt: str) -> str:
        met = self._beside.known.meet(self.glossary.meant(prompt), self.pipe.tokenizer, self.pipe.text_encoder)
        return "" if met.familiar else met.notice

    @property
    def vocabulary(self) -> Vocabulary:
        return self._beside.vocabulary

    @property
    def things(self) -> tuple[str, ...]:
        """Names of all that it knows."""
        return self._beside.known.names

    def prior_prompts(self, of_class: str) -> tuple[str, ...]:
        """It knows few things, so that teaching it one shifts them all: captions of any of them."""
        generator = Random(0)
        captions = (
            self._beside.vocabulary.any_caption(self._beside.known.names, generator) for _ in range(PRIOR_CAPTIONS)
        )
        return tuple(dict.fromkeys((of_class, *captions)))

    @property
    def evaluations(self) -> int:
        words = self._beside.vocabulary
        facets = (words.skin, words.ground, words.style)
        return sum(map(evaluations, (len(self._beside.known.names), *(len(facet.phrases) for facet in facets))))

    def caption(self, image: F32, mask: F32, on_evaluation: OnEvaluation) -> str:
        """What says most is settled first: the thing, a person's skin, the ground, the style. Of each the
        nearest that the model knows, whatever the picture."""
        words, things = self._beside.vocabulary, self._beside.known.names
        # It is shown nothing of the surroundings: they would say the ground instead of the words.
        encoded = self.encode_for_training(image, np.ones_like(mask))
        where = self.shrink(mask)
        on_the_whole = DiffusionClassifier(self, encoded, where, ON_THE_WHOLE, on_evaluation).best
        in_particular = DiffusionClassifier(self, encoded, where, IN_PARTICULAR, on_evaluation).best
        thing = in_particular(things)
        if words.who_is(thing, things):
            thing = in_particular([joined(thing, skin) for skin in words.skin.phrases])
        grounded = on_the_whole([joined(thing, ground) for ground in words.ground.phrases])
        return in_particular([joined(grounded, style) for style in words.style.phrases])

    def completed(self, prompt: str, caption: str) -> str:
        words, known = self._beside.vocabulary, self._beside.known
        asked_for = known.meet(self.glossary.meant(prompt), self.pipe.tokenizer, self.pipe.text_encoder)
        elsewhere = asked_for.cosine >= _SURELY and not words.who_is(asked_for.nearest[0], known.names)
        shown = self.glossary.shown(prompt)
        return words.completed(shown, caption, "" if elsewhere else words.who_is(caption.split(", ")[0], known.names))
