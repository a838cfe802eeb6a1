"""What learning and painting will take here, before they are begun: a few steps are done and timed, once per model,
preset and size, and what is known of the picture already is looked up."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from server.models.families.family import Ability
from server.models.families.learning import Preset, Start, TuningPhase
from server.models.runtime import memory
from server.models.runtime.adapter import Adapter, Resident
from server.models.runtime.conditioning import Conditioning
from server.models.runtime.denoiser import EncodedPicture
from server.models.runtime.residency import Models
from server.pixels.picture import F32
from server.wire.geometry import Extent
from server.wire.messages import Estimate, Estimated

from .cache import CacheKey, TuningCache
from .dataset import TuningDataset
from .optimise import demand, minimise
from .plan import Plan, fitting
from .presets import from_here, preset
from .state import TuningState
from .trainer import first_weights, prompt_key, seen_as, tuning_key

log = logging.getLogger(__name__)

_GB = 1e9
_GUIDED = 2
"""Samples of a step of painting, as the pipelines do it: with the words and without."""

_SHORT = 1.0
"""Seconds that one step may take to be timed as it is; else one sample of it is."""


@dataclass(frozen=True)
class Measured:
    """Seconds: look, until the picture has its caption; step, of one step of each phase; denoise, of one of painting;
    decode, of what follows. nbytes: of memory at most, in what was free."""

    look: float
    step: dict[TuningPhase, float]
    denoise: float
    decode: float
    nbytes: int

    def paint(self, steps: int) -> float:
        """Seconds of one answer."""
        return steps * self.denoise + self.decode


_measured: dict[tuple[str, Extent], Measured] = {}


def estimate(question: Estimate, models: Models) -> Estimated:
    """Loads the model, and measures the first time. Where there is too little memory for the preset it tells of the
    smaller one, as the edit then learns."""
    card = models.choose(question.recipe.model, Ability.LEARN)
    ways = from_here(preset(question.recipe.preset, card.family), card.family)
    return estimate_tuning(question, models, ways, question.recipe.prompt)


def estimate_tuning(question: Estimate, models: Models, ways: Sequence[Preset], words: str) -> Estimated:
    """Of the first of ``ways`` that fits. words: that the picture is learned with."""
    card = models.choose(question.recipe.model, Ability.LEARN)
    adapter, identity = models.get(card.name), models.identity(card.name)
    cache = TuningCache(models.learned)

    def estimated(preset: Preset) -> Estimated:
        return _estimated(question, adapter, preset, identity, words, cache)

    return memory.first_that_fits(ways, estimated, adapter.place.device)[1]


def estimate_untuned(
    question: Estimate, adapter: Adapter, before: int, painting: int, *, learned: bool = False
) -> Estimated:
    """Of a method that learns nothing. before: samples that go through the denoiser until it can paint; painting: for
    each answer. learned: what comes before is there already."""
    size = adapter.sizes(question.layer.bounds.extent).working
    encoded, words, image = _trial(adapter, size)
    denoise, decode = _seconds_to_paint(adapter, encoded, words, image)
    once = denoise / _GUIDED
    share, gigabytes = float(learned), adapter.nbytes / _GB
    return Estimated(
        question.question, adapter.card.name, "", before * once, painting * once + decode, gigabytes, share
    )


def estimate_painting(question: Estimate, adapter: Adapter, strength: float) -> Estimated:
    """Of a method that only paints. strength: where painting begins, 0..1, unless the recipe says."""
    recipe = question.recipe
    begun = strength if recipe.strength is None else recipe.strength
    guided = 1 if adapter.unconditional(recipe.negative) is None else _GUIDED
    steps = begun * (recipe.steps or adapter.defaults.steps)
    return estimate_untuned(question, adapter, 0, round(guided * steps))


def _trial(adapter: Adapter, size: Extent) -> tuple[EncodedPicture, Conditioning, F32]:
    """A picture and words to be timed with."""
    image = np.full((size.height, size.width, 3), 0.5, np.float32)
    encoded = adapter.encode_for_training(image, np.ones(image.shape[:2], np.float32))
    return encoded, adapter.condition("a picture"), image


def _estimated(
    question: Estimate, adapter: Adapter, chosen: Preset, identity: str, words: str, cache: TuningCache
) -> Estimated:
    recipe = question.recipe
    key = tuning_key(adapter, identity, chosen)
    size = adapter.sizes(question.layer.bounds.extent).working
    measured = _measured.get((key, size)) or _measure(adapter, chosen, size)
    _measured[key, size] = measured
    progress = _progress(cache, chosen, seen_as(question.content, key), words)
    seconds = sum(phase.steps * measured.step[phase] for phase in progress.phases) * (1 - progress.share)
    seconds += 0.0 if progress.share else measured.look
    paint = measured.paint(recipe.steps or adapter.defaults.steps)
    gigabytes = measured.nbytes / _GB
    return Estimated(question.question, adapter.card.name, chosen.name, seconds, paint, gigabytes, progress.learned)


@dataclass(frozen=True)
class TuningProgress:
    """phases: that would be gone through for these words. share: of them that is done."""

    phases: tuple[TuningPhase, ...]
    share: float

    @property
    def learned(self) -> float:
        return self.share if self.phases else 1.0


def _progress(cache: TuningCache, chosen: Preset, content: str, prompt: str) -> TuningProgress:
    picture = cache.seen(content)
    share = cache.share(CacheKey(picture, prompt_key(chosen, prompt))) if picture else 0.0
    if picture and share < 1 and chosen.other_words is not None and cache.whole(picture):
        return TuningProgress(chosen.other_words, share)
    return TuningProgress(chosen.phases, share)


def _measure(adapter: Adapter, chosen: Preset, size: Extent) -> Measured:
    encoded, words, image = _trial(adapter, size)
    step: dict[TuningPhase, float] = {}
    nbytes = adapter.nbytes
    with adapter.denoiser_alone():
        weights = first_weights(adapter, chosen)
        for phase in dict.fromkeys((*chosen.phases, *(chosen.other_words or ()))):
            state = TuningState(words, weights)
            need = demand(adapter, TuningDataset(encoded), state, phase)
            plan = fitting(need, memory.free(adapter.place.device))
            learned = sum(one.numel() * one.element_size() for one in weights.tensors.values())
            step[phase] = _seconds_per_step(adapter, TuningDataset(encoded), state, phase, plan)
            nbytes = max(nbytes, adapter.nbytes + learned + need.of(plan))
    denoise, decode = _seconds_to_paint(adapter, encoded, words, image)
    evaluations = adapter.evaluations if chosen.start in (Start.CAPTION, Start.RARE) else 0
    return Measured(evaluations * denoise / _GUIDED, step, denoise, decode, nbytes)


def _seconds_per_step(
    adapter: Adapter, dataset: TuningDataset, state: TuningState, phase: TuningPhase, plan: Plan
) -> float:
    """Of the second of two steps: the first one warms up."""

    def second(batch: int) -> float:
        times: list[float] = []
        trial = replace(phase, steps=2, batch=batch, fitted=0.0)
        begun = replace(state, moments={})
        smaller = replace(plan, portion=min(plan.portion, batch))
        minimise(adapter, dataset, begun, trial, smaller, lambda: times.append(now(adapter)))
        return times[1] - times[0]

    for_one = second(1)
    return second(phase.batch) if for_one * phase.batch < _SHORT else for_one * phase.batch


@torch.no_grad()
def _seconds_to_paint(
    adapter: Adapter, encoded: EncodedPicture, conditioning: Conditioning, image: F32
) -> tuple[float, float]:
    """Of a step, with guidance, and of what follows the last."""
    noise, first = encoded.clean.repeat(_GUIDED, 1, 1, 1), adapter.schedule.timesteps[0]
    step = timed(adapter, lambda: adapter.predict(noise, first, conditioning, encoded))
    latents = adapter.encode(image)
    return step, timed(adapter, lambda: adapter.enlarge(adapter.decode(latents)[0]))


def timed(model: Resident, work: Callable[[], object]) -> float:
    """Seconds of it, the second time: the first warms up."""
    work()
    began = now(model)
    work()
    return now(model) - began


def now(model: Resident) -> float:
    """When all that was asked of the device is done."""
    if model.place.device.type == "cuda":
        torch.cuda.synchronize(model.place.device)
    return time.perf_counter()
