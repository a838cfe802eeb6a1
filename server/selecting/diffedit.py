"""Finds what words name with a diffusion model that was never taught to: the mask of DiffEdit (Couairon, Verbeek,
Schwenk and Cord, arXiv 2210.11427, §3.1, step 1).

    1. the picture is noised to about half;
    2. the noise in it is foretold twice, after the words and after a reference text, which is empty here;
    3. the absolute difference of both is averaged over several noises, its extremes are clipped, and it is scaled to
       0..1: it is large where the words have something to say;
    4. what is above 0.5 is the mask.

WordPair also have much to say about what they do not describe: they would make it into what they ask for. So of the
things that lie under the mask, or stand out in the picture, those are kept that the words *describe*: in which noise is
foretold better with them than without, as by the classifier that is hidden in a diffusion model (Li et al., arXiv
2303.16203). For that each is looked at by itself, and large. Their outlines are found by another engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from server.editing.close_up import close_up
from server.editing.edit import Scene
from server.models.runtime.adapter import Adapter
from server.models.runtime.conditioning import Conditioning
from server.pixels import masks
from server.pixels.masks import Region
from server.pixels.picture import F32, Picture, on_paper
from server.pixels.sizes import fit

from .parts import parts
from .prompts import Drawn, Engine, Prompts, Seen

NOISES = (0.35, 0.35, 0.35, 0.5, 0.5, 0.5)
"""Places on the schedule, one a noise, at which the difference is taken: below half the paper's own, for a small model
is sure of less."""

DESCRIBED = (0.35, 0.5, 0.65) * 2
"""Those at which it is seen what the words describe."""

CLIPPED = 3.0
"""Means of the difference, from which on it counts no more, as diffusers' pipeline has it."""

THRESHOLD = 0.5

MOST = 7
"""Things that are looked at by themselves."""

_SAME = 0.6
"""Intersection over union from which two are one thing."""

_ALSO = 0.5
"""Of how surely the best described thing is called so, from which another one is, too. What fills more of the picture
is more surely meant: a part of a thing is described as well as all of it."""

_AROUND = 0.04
"""Of the picture's longer side, that a rough part of the mask is grown by before its outline is sought in it."""


@dataclass(frozen=True, eq=False)
class Difference:
    """Both (h, w), at the size of the model's latents. apart: how much the two predictions differ, ≥ 0. better: how
    much smaller the error is with the words, in units of the mean one without."""

    apart: F32
    better: F32


class DiffEditEngine:
    """model: any that paints. outlines: what finds the outline of a thing that was roughly found. on_evaluation: told
    how many samples more went through the model; what it raises ends the search."""

    def __init__(self, model: Adapter, outlines: Engine, on_evaluation: Callable[[int], None]) -> None:
        self.name = f"diffedit {model.card.name} {outlines.name}"
        self._model, self._outlines, self._on_evaluation = model, outlines, on_evaluation

    def look(self, picture: Picture) -> LookedThrough:
        return LookedThrough(self._model, picture, self._outlines.look(picture), self._on_evaluation)


def evaluations() -> int:
    """Samples that go through the model, at most."""
    return 2 * (len(NOISES) + MOST * len(DESCRIBED))


class LookedThrough:
    def __init__(self, model: Adapter, picture: Picture, outlines: Seen, on_evaluation: Callable[[int], None]) -> None:
        self._model, self._picture, self._outlines, self._on_evaluation = model, picture, outlines, on_evaluation

    def find(self, prompts: Prompts) -> F32:
        """Of ``prompts`` the words alone are read."""
        named = WordPair.of(self._model, prompts.words)
        things = list(self._things(self._mask(named)))[:MOST]
        found = np.zeros(self._picture.alpha.shape, np.float32)
        if not things:
            return found
        described = [self._described(thing, named) for thing in things]
        sure = [_weighed(much, thing) for much, thing in zip(described, things, strict=True)]
        for thing, much in zip(things, sure, strict=True):
            if much == max(sure) or much > max(0.0, _ALSO * max(sure)):
                found = np.maximum(found, thing.astype(np.float32))
        return found

    def _mask(self, words: WordPair) -> Region:
        """Steps 1 to 4."""
        apart = self._difference(self._picture, words, NOISES).apart
        smooth = cv2.GaussianBlur(apart, (0, 0), 1.0)
        scaled = smooth.clip(0, CLIPPED * smooth.mean()) / (CLIPPED * smooth.mean())
        height, width = self._picture.alpha.shape
        mask: Region = cv2.resize(scaled, (width, height), interpolation=cv2.INTER_LINEAR) > THRESHOLD
        return mask

    def _things(self, mask: Region) -> Iterator[Region]:
        """What stands out in the picture and what lies under the mask, the largest first, each with its outline."""
        reach = max(2, round(_AROUND * max(mask.shape)))
        outlined = []
        for part in parts(mask)[:MOST]:
            wide, deep = masks.distance_to(part) <= reach, masks.depth_in(part)
            core = deep >= 0.5 * deep.max()
            for prompts in (Prompts(rough=wide, drawn=Drawn.AROUND), Prompts(rough=core, drawn=Drawn.ON)):
                outlined.append(self._outlines.find(prompts) >= 0.5)
        whole = self._outlines.find(Prompts()) >= 0.5
        seen: list[Region] = []
        for thing in (*parts(whole), *(part for one in outlined for part in parts(one))):
            if all(_overlap(thing, other) < _SAME for other in seen):
                seen.append(thing)
                yield thing

    def _described(self, thing: Region, words: WordPair) -> float:
        """How much better the noise in the thing is foretold with the words."""
        scene = Scene(self._picture, thing.astype(np.float32))
        view = close_up(scene).scene
        better = self._difference(view.picture, words, DESCRIBED).better
        weight = cv2.resize(view.mask, better.shape[::-1], interpolation=cv2.INTER_AREA)
        return float((better * weight).sum() / max(float(weight.sum()), 1e-6))

    @torch.no_grad()
    def _difference(self, picture: Picture, words: WordPair, noises: tuple[float, ...]) -> Difference:
        model, schedule = self._model, self._model.schedule
        sizes = model.sizes(picture.extent)
        image = fit(on_paper(picture), sizes)
        encoded = model.encode_for_training(image, np.ones(image.shape[:2], np.float32))
        generator = torch.Generator().manual_seed(0)
        apart, errors = [], []
        for place in noises:
            at = torch.tensor([int(place * len(schedule))], device=encoded.clean.device)
            noise = torch.randn(encoded.clean.shape, generator=generator).to(encoded.clean)
            noisy = schedule.noised(encoded.clean, noise, at)
            target = schedule.target(encoded.clean, noise, at)
            predicted = model.predict(
                torch.cat([noisy, noisy]),
                schedule.timesteps[at],
                words.both,
                encoded.repeat(2),
                model.defaults.guidance,
            )
            apart.append((predicted[:1] - predicted[1:]).abs().mean((0, 1)))
            errors.append((predicted - target).square().mean(1))
            self._on_evaluation(2)
        error = torch.stack(errors).mean(0)
        rows = round(error.shape[1] * sizes.content.height / sizes.working.height)
        columns = round(error.shape[2] * sizes.content.width / sizes.working.width)
        with_words, without = (part[:rows, :columns].float().cpu().numpy() for part in error)
        difference = torch.stack(apart).mean(0)[:rows, :columns].float().cpu().numpy()
        return Difference(difference, (without - with_words) / max(float(without.mean()), 1e-9))


@dataclass(frozen=True, eq=False)
class WordPair:
    """both: the query and the reference text, as the model reads them."""

    both: Conditioning

    @classmethod
    def of(cls, model: Adapter, query: str) -> WordPair:
        return cls(Conditioning.stack([model.condition(query), model.condition("")]))


def _weighed(much: float, thing: Region) -> float:
    """What is not described at all is not the more so for being large."""
    return much * float(np.sqrt(thing.mean())) if much > 0 else much


def _overlap(one: Region, other: Region) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))
