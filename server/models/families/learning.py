"""How a picture can be learned, as values a family may choose for itself. Torch-free: menus show them.

Where the numbers come from is in docs/imagic.md, with what each was measured to give.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from server.wire.words import mark

LOOKING = mark("Looking at the picture")
INVERTING = mark("Finding the picture's noise")
LEARNING_PICTURE = mark("Learning the picture")
LEARNING_WORDS = mark("Learning the words")
LEARNING_PICTURES = mark("Learning the pictures")
PAINTING_CLASS = mark("Painting others of its kind")


@dataclass(frozen=True)
class TuningPhase:
    """One run of the optimiser.

    stage: in words for a person.
    steps: at most.
    words_rate, weights_rate: Adam's learning rates, 0 for what stays as it is.
    batch: noisy copies of the picture per step, their timesteps spread over the whole range.
    fitted: the loss, smoothed and as a share of that at the beginning, at which it ends early; 0: never.
    """

    stage: str
    steps: int
    words_rate: float = 0.0
    weights_rate: float = 0.0
    batch: int = 1
    fitted: float = 0.0


class Start(Enum):
    """Where the embedding begins. What is learned from ``NOTHING`` or ``CAPTION`` serves every prompt."""

    TARGET = "target"
    """At that of the words asked for, as in the paper."""
    NOTHING = "nothing"
    """At that of no words."""
    CAPTION = "caption"
    """At what the model itself calls the picture, which completes the words asked for, too."""
    RARE = "rare"
    """At a word that means nothing yet, and what the model itself calls the picture behind it: that word then means no
    more than what those words leave open."""


@dataclass(frozen=True)
class Preset:
    """phases: in their order.
    rank: of the low-rank update (LoRA) that is learned beside the weights; 0: the weights themselves.
    layers: last names of the layers whose weights are learned then; empty: all.
    other_words: what is still to do for another prompt on a picture that is learned; None: everything anew.
    """

    name: str
    phases: tuple[TuningPhase, ...]
    rank: int = 0
    layers: tuple[str, ...] = ()
    start: Start = Start.TARGET
    other_words: tuple[TuningPhase, ...] | None = None

    @property
    def serves_all_words(self) -> bool:
        return self.start is not Start.TARGET


QUALITY = Preset(
    "quality",
    (TuningPhase(LEARNING_PICTURE, 40, words_rate=1e-3, weights_rate=6e-5, batch=10, fitted=0.25),),
    other_words=(TuningPhase(LEARNING_WORDS, 20, words_rate=1e-3, batch=10, fitted=0.25),),
)
"""Forgedit's joint descent (arXiv 2309.10556, §3.1), on all weights."""

FAST = Preset(
    "fast",
    (TuningPhase(LEARNING_PICTURE, 50, words_rate=1e-3, weights_rate=4e-4, batch=4),),
    rank=16,
    start=Start.NOTHING,
    other_words=(),
)
"""FastEdit's low-rank fine-tuning (arXiv 2408.03355, §3.2), on all linear and convolution layers."""

PAPER = Preset(
    "paper",
    (TuningPhase(LEARNING_WORDS, 1000, words_rate=2e-3), TuningPhase(LEARNING_PICTURE, 1500, weights_rate=5e-7)),
)
"""Imagic for Stable Diffusion (arXiv 2210.09276, appendix A)."""

UNITUNE = Preset("unitune", (TuningPhase(LEARNING_PICTURE, 128, weights_rate=1e-4, batch=4),), start=Start.RARE)
"""UniTune (arXiv 2210.09477, §3.1): the whole network, 128 steps of 4."""

UNITUNE_CROSS_ATTENTION = Preset(
    "unitune", (TuningPhase(LEARNING_PICTURE, 128, weights_rate=9e-5, batch=4),), layers=("attn2",), start=Start.RARE
)
"""UniTune as it was brought to Stable Diffusion: the layers that read the words only."""

UNITUNE_SMALL = Preset(
    "unitune-small", (TuningPhase(LEARNING_PICTURE, 128, weights_rate=4e-4, batch=4),), rank=16, start=Start.RARE
)
"""Where there is too little memory for that: a low-rank update (arXiv 2106.09685), which wants larger steps."""

DREAMBOOTH = Preset(
    "dreambooth",
    (TuningPhase(LEARNING_PICTURES, 500, weights_rate=1e-4, batch=2),),
    rank=16,
    layers=("to_q", "to_k", "to_v", "to_out"),
)
"""DreamBooth as a low-rank update of the attention (arXiv 2208.12242, §3.3; rates and steps as diffusers' example for
Stable Diffusion has them): in each step one of the pictures and one of the class."""
