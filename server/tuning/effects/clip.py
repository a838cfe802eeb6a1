"""CLIP as the judge of an effect layer, as in the paper (Text2LIVE, arXiv 2204.02491, §3.1 and §3.2)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from server.models.runtime.autoencoder import as_batch
from server.models.runtime.clip import Clip
from server.pixels.picture import F32

from .critic import Losses, Words, on_green, self_similarity
from .glimpses import Glimpses
from .layer import EffectLayer

STEPS = 500
"""The paper has 1000; after these its learning rate is at its least, nearly."""

_ANYHOW = (
    "{}", "{}.", "a {}.", "the {}.", "photo of {}.", "a photo of {}.", "image of {}.", "an image of {}.",
    "a high quality image of {}.",
)  # fmt: skip
_SCREENED = ("{} over a green screen.", "{} in front of a green screen.")


class ClipCritic:
    """words: ``source`` is what the picture shows where the effect is to be, T_ROI; ``effect``, what is seen over
    green, T_screen. Without a source there is no direction from it, and L_comp is its first half."""

    width, rate = 128, 2.5e-3

    def __init__(self, clip: Clip, words: Words) -> None:
        self._clip = clip
        self._target = clip.words([how.format(words.target) for how in _ANYHOW])
        self._alone = clip.words([how.format(words.effect) for how in _SCREENED])
        self._source = clip.words([how.format(words.source) for how in _ANYHOW]) if words.source else None

    def placed(self, values: F32) -> Tensor:
        return as_batch(values.reshape(*values.shape[:2], -1)).to(self._clip.place.device)

    def judge(self, source: Tensor, layer: EffectLayer, draws: torch.Generator) -> Losses:
        clip, composed = self._clip, layer.over(source)
        glimpses = Glimpses.drawn(draws, source.device)
        made = clip.pictures(glimpses.of(composed, clip.side))
        composition = distance(made, self._target)
        if self._source is not None:
            with torch.no_grad():
                before = clip.pictures(glimpses.of(source, clip.side))
            composition = composition + direction(made - before, self._target - self._source)
        alone = clip.pictures(Glimpses.drawn(draws, source.device).of(on_green(layer), clip.side))
        with torch.no_grad():
            shapes = self_similarity(clip.places(source))
        structure = functional.mse_loss(self_similarity(clip.places(composed)), shapes)
        return Losses(composition, distance(alone, self._alone), structure)


def distance(pictures: Tensor, words: Tensor) -> Tensor:
    """The mean angle between each of (B, D) and each of (N, D), squared and halved: the spherical distance of their
    code, where the paper writes a cosine (equation 3)."""
    chord = (pictures[:, None] - words[None]).norm(dim=-1)
    squared: Tensor = 2 * (chord / 2).asin().square()
    return squared.mean()


def direction(pictures: Tensor, words: Tensor) -> Tensor:
    """L_dir, equation 4: 1 − the cosine between how a picture changed and how its words did."""
    alike: Tensor = functional.cosine_similarity(pictures[:, None], words[None], dim=-1)
    return (1 - alike).mean()
