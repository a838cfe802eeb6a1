"""How a picture can be learned, as values. Torch-free: menus show them.

Where the numbers come from is in docs/imagic-algorithm.md, with what each was measured to give.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from server.wire.errors import Code, OverpaintError
from server.wire.offers import PresetOffer
from server.wire.words import mark

LOOKING = mark("Looking at the picture")
LEARNING_PICTURE = mark("Learning the picture")
LEARNING_WORDS = mark("Learning the words")


@dataclass(frozen=True)
class Phase:
    """One descent. stage: in words for a person. steps: at most. words_rate, weights_rate: Adam's learning rates, 0 for
    what stays as it is. batch: noisy copies of the picture per step, their timesteps spread over the whole range.
    fitted: the loss, smoothed and as a share of that at the beginning, at which it ends early; 0: never."""

    stage: str
    steps: int
    words_rate: float = 0.0
    weights_rate: float = 0.0
    batch: int = 1
    fitted: float = 0.0


class Start(Enum):
    """Where the embedding begins: at that of the words asked for, as in the paper; of no words; or of what the model
    itself calls the picture, which completes the words asked for, too. What is learned from one of the latter two
    serves every prompt."""

    TARGET = "target"
    NOTHING = "nothing"
    CAPTION = "caption"


@dataclass(frozen=True)
class Preset:
    """phases: in their order. rank: of the low-rank update (LoRA) that is learned beside the weights; 0: the weights
    themselves. other_words: what is still to do for another prompt on a picture that is learned; None: everything
    anew."""

    name: str
    phases: tuple[Phase, ...]
    rank: int = 0
    start: Start = Start.TARGET
    other_words: tuple[Phase, ...] | None = None

    @property
    def serves_all_words(self) -> bool:
        return self.start is not Start.TARGET


OFFERS = (
    PresetOffer(
        "quality",
        "Quality",
        "Learns words and picture together, the whole model; the best edits in a fraction of the paper's time.",
    ),
    PresetOffer(
        "fast",
        "Fast",
        "Learns a small addition to the model, once for all prompts; quickest and smallest, for milder edits.",
    ),
    PresetOffer(
        "paper",
        "As published",
        "First the words, then the whole model, slowly, as in the Imagic paper; takes many times longer.",
    ),
)
"""As menus show them, the usual one first."""

_QUALITY = Preset(
    "quality",
    (Phase(LEARNING_PICTURE, 40, words_rate=1e-3, weights_rate=6e-5, batch=10, fitted=0.25),),
    other_words=(Phase(LEARNING_WORDS, 20, words_rate=1e-3, batch=10, fitted=0.25),),
)
"""Forgedit's joint descent (arXiv 2309.10556, §3.1), on all weights."""

_FAST = Preset(
    "fast",
    (Phase(LEARNING_PICTURE, 50, words_rate=1e-3, weights_rate=4e-4, batch=4),),
    rank=16,
    start=Start.NOTHING,
    other_words=(),
)
"""FastEdit's low-rank fine-tuning (arXiv 2408.03355, §3.2), on all linear and convolution layers."""

PAPER = Preset(
    "paper",
    (Phase(LEARNING_WORDS, 1000, words_rate=2e-3), Phase(LEARNING_PICTURE, 1500, weights_rate=5e-7)),
)
"""Imagic for Stable Diffusion (arXiv 2210.09276, appendix A)."""

_ILLUSTRATION_QUALITY = Preset(
    "quality",
    (Phase(LEARNING_PICTURE, 30, weights_rate=2e-4, batch=8),),
    start=Start.CAPTION,
    other_words=(),
)
"""Forgedit's beginning (arXiv 2309.10556, §3.1): the picture's own caption, which this model finds by itself. With the
words that are left to say said there, few steps are enough for the rest."""

_ILLUSTRATION_FAST = replace(
    _FAST,
    phases=(Phase(LEARNING_PICTURE, 20, words_rate=1e-2, weights_rate=1.5e-3, batch=4),),
    start=Start.CAPTION,
)
"""The bundled model is a hundred times smaller: it wants larger steps."""

_OF_FAMILY = {"illustration": (_ILLUSTRATION_QUALITY, _ILLUSTRATION_FAST, PAPER)}
_USUAL = (_QUALITY, _FAST, PAPER)


def preset(name: str, family: str) -> Preset:
    """The preset ``name`` (empty: the usual one) for models of ``family``. Raises bad-request."""
    presets = _OF_FAMILY.get(family, _USUAL)
    if not name:
        return presets[0]
    for entry in presets:
        if entry.name == name:
            return entry
    names = ", ".join(offer.name for offer in OFFERS)
    raise OverpaintError(Code.BAD_REQUEST, f"There is no preset “{name[:40]}”.", f"There are: {names}.")


def smaller(way: Preset, family: str) -> Preset | None:
    """What still may fit where ``way`` does not; None for the smallest."""
    return None if way.rank else preset("fast", family)
