"""A diffusion model as the judge of an effect layer, where there is no CLIP.

What a denoiser makes of a noised picture after the words, less what it makes of it after what the picture shows now,
is the direction from one to the other, at that picture: the classifier that is hidden in a diffusion model (classifier
score distillation, Yu et al., arXiv 2310.19415, §3; of the same kind as delta denoising, Hertz et al., arXiv
2304.07090, and score distillation, Poole et al., arXiv 2209.14988, §3). It vanishes where both agree: the words are
fulfilled there, or have nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from server.models.runtime.adapter import Adapter
from server.models.runtime.autoencoder import as_batch
from server.models.runtime.conditioning import Conditioning
from server.pixels.picture import F32

from .critic import Losses, Words, on_green, self_similarity
from .layer import EffectLayer

STEPS = 150
"""With ``ScoreCritic.rate``, four times that of the paper: most of what is learned is learned in these."""

PUSH, ALONE, SHAPES = 1.0, 0.5, 0.25
"""What a direction counts for beside the paper's losses, whose weights are made for distances of CLIP, what that of the
layer alone does beside it, and what a change of shapes."""

SCREENED_EVERY = 2
"""Steps from one look at the layer alone to the next, on average: it costs as much as that at the whole."""

_LEAST_NOISE, _MOST_NOISE = 0.2, 0.95
"""Places on the schedule between which the noise of a step is drawn: in less nothing can be changed any more, in more
nothing is seen."""

_PLACES = 16
"""Along each side, that are compared with each other."""

_SCREEN = "on green background"

_LARGE = 256


SAMPLES = 6
"""That a step takes as long as: two, two more every other time, and as long again to learn from them."""

Encode = Callable[[Tensor], Tensor]


class ScoreCritic:
    """size: height and width of what is judged. encode: pictures (B, 3, H, W), 0..1 → latents, with gradients
    (``Adapter.differentiable``)."""

    rate = 1e-2

    def __init__(self, model: Adapter, words: Words, size: tuple[int, int], encode: Encode) -> None:
        self._model, self._encode = model, encode
        self._composed = [model.condition(words.target), model.condition(words.source)]
        self._alone = [model.condition(f"{words.effect}, {_SCREEN}"), model.condition(_SCREEN)]
        # All is to be painted, nothing is given: surroundings would speak instead of the words.
        blank = np.ones((*size, 3), np.float32)
        self._shown = model.encode_for_training(blank, np.ones(size, np.float32))
        self.width = 128 if min(size) >= _LARGE else 48

    def placed(self, values: F32) -> Tensor:
        return as_batch(values.reshape(*values.shape[:2], -1)).to(self._model.place.device)

    def judge(self, source: Tensor, layer: EffectLayer, draws: torch.Generator) -> Losses:
        screened = float(torch.rand((), generator=draws)) < 1 / SCREENED_EVERY
        composed = layer.over(source)
        latents = self._encode(torch.cat([composed, on_green(layer)]) if screened else composed)
        words = [*self._composed, *(self._alone if screened else [])]
        directions = self._directions(latents.detach(), words, draws)
        losses = [PUSH * -(of * towards).mean() for of, towards in zip(latents, directions, strict=True)]
        with torch.no_grad():
            before = self._encode(source)
        structure = SHAPES * functional.mse_loss(_similar(latents[:1]), _similar(before))
        screen = ALONE * SCREENED_EVERY * losses[1] if screened else torch.zeros_like(losses[0])
        return Losses(losses[0], screen, structure)

    @torch.no_grad()
    def _directions(self, latents: Tensor, words: list[Conditioning], draws: torch.Generator) -> Tensor:
        """(B, C, h, w): for each of the latents, x̂ after the first of its two words less that after the second. The
        noise is the same for all."""
        model, schedule = self._model, self._model.schedule
        place = _LEAST_NOISE + (_MOST_NOISE - _LEAST_NOISE) * float(torch.rand((), generator=draws))
        at = torch.tensor([int(place * len(schedule))], device=latents.device)
        noise = torch.randn(latents[:1].shape, generator=draws).to(latents)
        noisy = schedule.noised(latents, noise.expand_as(latents), at.expand(len(latents)))
        twice = noisy.repeat_interleave(2, 0)
        every = at.expand(len(twice))
        predicted = model.predict(
            twice, schedule.timesteps[every], Conditioning.stack(words), self._shown, model.defaults.guidance
        )
        seen = schedule.clean(twice, predicted, every)
        return seen[0::2] - seen[1::2]


def _similar(latents: Tensor) -> Tensor:
    """Latents (1, C, h, w) → the self-similarity of the places of a coarse grid."""
    places = functional.adaptive_avg_pool2d(latents, _PLACES).flatten(2)
    return self_similarity(places - places.mean(2, keepdim=True))
