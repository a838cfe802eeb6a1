"""What learning and painting will take here, before they are begun: a few steps are done and timed, once per model,
preset and size, and what is known of the picture already is looked up."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from server.models.families.families import Ability
from server.models.runtime import memory
from server.models.runtime.adapter import Adapter
from server.models.runtime.denoiser import Sitter, Words
from server.models.runtime.residency import Models
from server.models.runtime.shortage import is_shortage
from server.pixels.picture import F32
from server.wire.geometry import Extent
from server.wire.messages import Estimate, Estimated

from .cache import Notebook, Page
from .optimise import demand, minimise
from .plan import Plan, fitting
from .presets import Phase, Preset, Start, preset, smaller
from .state import Study
from .trainer import first_weights, seen_as, way, words_page

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
    step: dict[Phase, float]
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
    recipe = question.recipe
    card = models.choose(recipe.model, Ability.LEARN)
    adapter = models.get(card.name)
    chosen, identity = preset(recipe.preset, card.family), models.identity(card.name)
    try:
        return _estimated(question, adapter, chosen, identity)
    except Exception as error:
        less = smaller(chosen, card.family)
        if less is None or not is_shortage(error):
            raise
        log.warning("there is too little memory to try %s: %s", chosen.name, error)
    memory.sweep(adapter.place.device)  # not before: the error holds what did not fit
    return _estimated(question, adapter, less, identity)


def _estimated(question: Estimate, adapter: Adapter, chosen: Preset, identity: str) -> Estimated:
    recipe = question.recipe
    manner = way(adapter, identity, chosen)
    size = adapter.sizes(question.layer.bounds.extent).working
    measured = _measured.get((manner, size)) or _measure(adapter, chosen, size)
    _measured[manner, size] = measured
    known = _known(chosen, seen_as(question.content, manner), recipe.prompt)
    seconds = sum(phase.steps * measured.step[phase] for phase in known.phases) * (1 - known.share)
    seconds += 0.0 if known.share else measured.look
    paint = measured.paint(recipe.steps or adapter.defaults.steps)
    gigabytes = measured.nbytes / _GB
    return Estimated(question.question, adapter.card.name, chosen.name, seconds, paint, gigabytes, known.learned)


@dataclass(frozen=True)
class Known:
    """phases: that would be gone through for these words. share: of them that is done."""

    phases: tuple[Phase, ...]
    share: float

    @property
    def learned(self) -> float:
        return self.share if self.phases else 1.0


def _known(chosen: Preset, content: str, prompt: str) -> Known:
    notebook = Notebook()
    picture = notebook.seen(content)
    share = notebook.share(Page(picture, words_page(chosen, prompt))) if picture else 0.0
    if picture and share < 1 and chosen.other_words is not None and notebook.whole(picture):
        return Known(chosen.other_words, share)
    return Known(chosen.phases, share)


def _measure(adapter: Adapter, chosen: Preset, size: Extent) -> Measured:
    image = np.full((size.height, size.width, 3), 0.5, np.float32)
    sitter = adapter.sit(image, np.ones(image.shape[:2], np.float32))
    words = adapter.embed("a picture")
    step: dict[Phase, float] = {}
    nbytes = adapter.nbytes
    with adapter.denoiser_alone():
        weights = first_weights(adapter, chosen)
        for phase in dict.fromkeys((*chosen.phases, *(chosen.other_words or ()))):
            study = Study(words, weights)
            need = demand(adapter, sitter, study, phase)
            plan = fitting(need, memory.free(adapter.place.device))
            learned = sum(one.numel() * one.element_size() for one in weights.tensors.values())
            step[phase] = _seconds_per_step(adapter, sitter, study, phase, plan)
            nbytes = max(nbytes, adapter.nbytes + learned + need.of(plan))
    denoise, decode = _seconds_to_paint(adapter, sitter, words, image)
    looks = adapter.looks if chosen.start is Start.CAPTION else 0
    return Measured(looks * denoise / _GUIDED, step, denoise, decode, nbytes)


def _seconds_per_step(adapter: Adapter, sitter: Sitter, study: Study, phase: Phase, plan: Plan) -> float:
    """Of the second of two steps: the first one warms up."""

    def second(batch: int) -> float:
        times: list[float] = []
        trial = replace(phase, steps=2, batch=batch, fitted=0.0)
        begun = replace(study, moments={})
        way = replace(plan, portion=min(plan.portion, batch))
        minimise(adapter, sitter, begun, trial, way, lambda: times.append(_now(adapter)))
        return times[1] - times[0]

    for_one = second(1)
    return second(phase.batch) if for_one * phase.batch < _SHORT else for_one * phase.batch


@torch.no_grad()
def _seconds_to_paint(adapter: Adapter, sitter: Sitter, words: Words, image: F32) -> tuple[float, float]:
    """Of a step, with guidance, and of what follows the last."""
    noise, at = sitter.clean.repeat(_GUIDED, *[1] * (sitter.clean.ndim - 1)), torch.zeros(_GUIDED, dtype=torch.long)
    at = at.to(sitter.clean.device)
    step = _timed(adapter, lambda: adapter.predict(noise, at, words, sitter))
    latents = adapter.encode(image)
    return step, _timed(adapter, lambda: adapter.enlarge(adapter.decode(latents)))


def _timed(adapter: Adapter, work: Callable[[], object]) -> float:
    work()
    began = _now(adapter)
    work()
    return _now(adapter) - began


def _now(adapter: Adapter) -> float:
    """When all that was asked of the device is done."""
    if adapter.place.device.type == "cuda":
        torch.cuda.synchronize(adapter.place.device)
    return time.perf_counter()
