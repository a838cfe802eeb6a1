"""Overpaint Illustration, the model that comes with Overpaint: Stable Diffusion's shape, a hundred times smaller, with
an up-sampler behind it (``server.models.bundled``)."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from .family import Ability
from .learning import DREAMBOOTH, FAST, LEARNING_PICTURE, LEARNING_PICTURES, PAPER, UNITUNE, Preset, Start, TuningPhase
from .stable_diffusion import StableDiffusion

_QUALITY = Preset(
    "quality",
    (TuningPhase(LEARNING_PICTURE, 30, weights_rate=2e-4, batch=8),),
    start=Start.CAPTION,
    other_words=(),
)
"""Forgedit's beginning (arXiv 2309.10556, §3.1): the picture's own caption, which this model finds by itself. With the
words that are left to say said there, few steps are enough for the rest."""

_FAST = replace(
    FAST,
    phases=(TuningPhase(LEARNING_PICTURE, 20, words_rate=1e-2, weights_rate=1.5e-3, batch=4),),
    start=Start.CAPTION,
)
"""A small model wants larger steps."""


class Illustration(StableDiffusion):
    name = "illustration"
    title = "Overpaint Illustration"
    pipelines = ()  # nobody but us makes such models
    generations = MappingProxyType({})
    as_file = ""
    kinds = MappingProxyType(
        {kind: able | {Ability.ENLARGE} for kind, able in StableDiffusion.kinds.items()}  # by its up-sampler
    )
    native = 64
    presets = (_QUALITY, _FAST, PAPER)
    unitune = UNITUNE
    dreambooth = replace(
        DREAMBOOTH,
        phases=(TuningPhase(LEARNING_PICTURES, 200, weights_rate=2e-3, batch=8),),
        layers=("attn2.to_k", "attn2.to_v"),
    )
    """What reads the words is enough, and forgets least (Custom Diffusion, Kumari et al., arXiv 2212.04488, §3.1)."""
    class_pictures = 48
    adapter = "server.models.bundled.cascade:Cascade"

    def architecture(self, pipe: Any) -> str:
        return ""


FAMILY = Illustration()
