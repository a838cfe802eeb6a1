"""How a picture can be learned, as values. Torch-free: menus show them.

Where the numbers come from is in docs/imagic.md, with what each was measured to give.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.wire.errors import Code, OverpaintError
from server.wire.messages import PresetOffer

LEARNING_PICTURE = "Learning the picture"
LEARNING_WORDS = "Learning the words"


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


@dataclass(frozen=True)
class Preset:
    """phases: in their order. rank: of the low-rank update (LoRA) that is learned beside the weights; 0: the weights
    themselves. from_nothing: the embedding begins at that of an empty prompt instead of the target's, so that what is
    learned serves every prompt. other_words: what is still to do for another prompt on a picture that is learned; None:
    everything anew."""

    name: str
    phases: tuple[Phase, ...]
    rank: int = 0
    from_nothing: bool = False
    other_words: tuple[Phase, ...] | None = None


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
    from_nothing=True,
    other_words=(),
)
"""FastEdit's low-rank fine-tuning (arXiv 2408.03355, §3.2), on all linear and convolution layers."""

PAPER = Preset(
    "paper",
    (Phase(LEARNING_WORDS, 1000, words_rate=2e-3), Phase(LEARNING_PICTURE, 1500, weights_rate=5e-7)),
)
"""Imagic for Stable Diffusion (arXiv 2210.09276, appendix A)."""

_ILLUSTRATION_QUALITY = replace(
    _QUALITY,
    phases=(
        Phase(LEARNING_WORDS, 45, words_rate=5e-3, batch=8),
        Phase(LEARNING_PICTURE, 60, weights_rate=2e-4, batch=8, fitted=0.12),
    ),
    other_words=(Phase(LEARNING_WORDS, 30, words_rate=5e-3, batch=8),),
)
"""One after the other, as in the paper. Learned together at these rates, the small model's weights took up the whole
picture for any words, and no strength changed it. The words move little: what they take up of the person is lost on the
way to the target's words. At four times the rate the first pairs tried lost the person where the action appeared."""

_ILLUSTRATION_FAST = replace(_FAST, phases=(Phase(LEARNING_PICTURE, 50, words_rate=1e-2, weights_rate=3e-3, batch=4),))
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
