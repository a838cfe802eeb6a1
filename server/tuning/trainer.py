"""Learning one picture, phase by phase: what is known of it already, how far it is, and what is noted on the way."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from server.editing.edit import Report, Step
from server.editing.painting import ModelInput
from server.models.families.learning import Preset, Start, TuningPhase
from server.models.runtime import memory
from server.models.runtime.adapter import Adapter
from server.models.runtime.conditioning import Conditioning
from server.models.runtime.weights import AllWeights, LowRank, Weights

from .cache import CacheKey, TuningCache, name_of
from .dataset import TuningDataset
from .looking import look
from .optimise import demand, minimise
from .plan import Plan, fitting, from_here
from .state import TuningState

log = logging.getLogger(__name__)

_NOTE_EVERY = 0.04
"""Share of the learning after which a checkpoint is written, so that a crash never costs more than a twentieth."""

_NOTING_SHARE = 0.1
"""Share of the time that writing checkpoints may take; where it would take more, they are fewer."""

_LORA_INIT_SEED = 0

ALL_WORDS = "all-words"
"""Stands for the prompt in the key of what was learned for every prompt."""


@dataclass(frozen=True)
class TuningJob:
    """``identity``: of the model's files. beside: further words, whose pictures are learned, too (``TuningDataset``).
    material: names these pictures."""

    adapter: Adapter
    preset: Preset
    identity: str
    prompt: str
    cache: TuningCache
    beside: tuple[str, ...] = ()
    material: str = ""

    @property
    def tuning_key(self) -> str:
        """Model and preset, as a name."""
        return tuning_key(self.adapter, self.identity, self.preset)

    def cache_key(self, view: ModelInput) -> CacheKey:
        """Where it is kept. The mask counts only where the denoiser is shown it."""
        shown = [view.image.tobytes(), *([view.mask.tobytes()] if self.adapter.sees_mask else [])]
        picture = name_of(self.tuning_key, *shown, *self.beside, self.material)
        return CacheKey(picture, prompt_key(self.preset, self.prompt))


class Trainer:
    """One job under way, on what ``view`` shows, or ``dataset`` where there is more."""

    def __init__(
        self,
        job: TuningJob,
        view: ModelInput,
        report: Report,
        clock: Callable[[], float] = time.monotonic,
        dataset: TuningDataset | None = None,
    ) -> None:
        self._job = job
        self._view = view
        self._report = report
        self._clock = clock
        self._dataset = dataset or TuningDataset(job.adapter.encode_for_training(view.image, view.mask))
        self._key = job.cache_key(view)
        self._noted_share, self._noted_at, self._noting_took = 0.0, clock(), 0.0

    def begin(self) -> TuningState:
        """The state as it was left: complete, interrupted, learned for other words; or a new one that begins where its
        preset says."""
        job, device = self._job, self._job.adapter.place.device
        found = job.cache.open(self._key, job.preset.rank, device)
        if found is not None:
            state, self._noted_share = found
            return state
        known = job.cache.whole(self._key.picture) if job.preset.other_words is not None else None
        found = job.cache.open(known, job.preset.rank, device) if known else None
        if known and found:
            target = job.adapter.condition(job.prompt)
            return TuningState(target.detach(), found[0].weights, other_words=known.words)
        if job.beside:
            words = Conditioning.stack([job.adapter.condition(one) for one in (job.prompt, *job.beside)])
            return TuningState(words.detach(), first_weights(job.adapter, job.preset))
        begin, caption = self._words()
        return TuningState(
            job.adapter.condition(begin).detach(), first_weights(job.adapter, job.preset), caption=caption
        )

    def _words(self) -> tuple[str, str]:
        """Those that the embedding begins at, and what the model calls the picture where they hold that."""
        job = self._job
        if job.preset.start is Start.TARGET:
            return job.prompt, ""
        if job.preset.start is Start.NOTHING:
            return "", ""
        caption = look(job.adapter, job.identity, self._view, self._report, job.cache)
        return (f"{job.prompt} {caption}".strip() if job.preset.start is Start.RARE else caption), caption

    def phases(self, state: TuningState) -> tuple[TuningPhase, ...]:
        """Those still to do, the one it is in first."""
        return self._all(state)[state.phase :]

    def go_through(self, state: TuningState, phase: TuningPhase) -> None:
        """To its end, or until the report raises."""

        def on_step() -> None:
            self._note_when_due(state)
            self._report(Step(phase.stage, state.step, phase.steps))

        self._report(Step(phase.stage, state.step, phase.steps))
        adapter = self._job.adapter
        with adapter.denoiser_alone():
            plans = from_here(self._first_plan(state, phase), phase.batch)
            memory.first_that_fits(
                plans, lambda plan: minimise(adapter, self._dataset, state, phase, plan, on_step), adapter.place.device
            )
        state.end_phase()

    def _first_plan(self, state: TuningState, phase: TuningPhase) -> Plan:
        """The quickest in what is free; where even counting what one sample keeps does not fit, the smallest."""
        adapter = self._job.adapter

        def counted() -> Plan:
            return fitting(demand(adapter, self._dataset, state, phase), memory.free(adapter.place.device))

        def smallest() -> Plan:
            return Plan(1, checkpointing=True)

        return memory.first_that_fits((counted, smallest), lambda plan: plan(), adapter.place.device)[1]

    def end(self, state: TuningState) -> None:
        """It is learned: kept as it will be painted with."""
        dtype = self._job.adapter.place.dtype
        state.conditioning = state.conditioning.detach()
        state.settle(dtype)
        if self._noted_share < 1:
            self._job.cache.write(self._key, state, 1.0, dtype)

    def remember(self, content: str) -> None:
        """The picture is what a host calls ``content``."""
        if content:
            self._job.cache.see(self._key.picture, seen_as(content, self._job.tuning_key))

    def share(self, state: TuningState) -> float:
        """0..1: how much of the learning is done, by the samples that go through the denoiser."""
        return share(self._all(state), state)

    def _all(self, state: TuningState) -> tuple[TuningPhase, ...]:
        preset = self._job.preset
        return (preset.other_words or ()) if state.other_words else preset.phases

    def _note_when_due(self, state: TuningState) -> None:
        share, now = self.share(state), self._clock()
        if (
            share >= 1
            or share - self._noted_share < _NOTE_EVERY
            or now - self._noted_at < self._noting_took / _NOTING_SHARE
        ):
            return
        self._job.cache.write(self._key, state, share)
        self._noted_share, self._noted_at = share, self._clock()
        self._noting_took = self._noted_at - now


def first_weights(adapter: Adapter, preset: Preset) -> Weights:
    """With which the model still is what it was."""
    if preset.rank:
        return LowRank.beginning(adapter.network, preset.rank, _LORA_INIT_SEED, preset.layers)
    return AllWeights.beginning(adapter.network, preset.layers)


def prompt_key(preset: Preset, prompt: str) -> str:
    """The prompt in the key of what was learned for it."""
    return ALL_WORDS if preset.serves_all_words else name_of(prompt)


def tuning_key(adapter: Adapter, identity: str, preset: Preset) -> str:
    place = adapter.place  # not whether it is offloaded: that may begin in the middle, when memory runs out
    return name_of(identity, str(place.device), str(place.dtype), repr(preset))


def seen_as(content: str, tuning_key: str) -> str:
    """What a host sent, as a model and a preset see it."""
    return name_of(content, tuning_key)


def share(phases: tuple[TuningPhase, ...], state: TuningState) -> float:
    costs = [phase.steps * phase.batch for phase in phases]
    if state.phase >= len(phases):
        return 1.0
    done = sum(costs[: state.phase]) + state.step * phases[state.phase].batch
    return done / sum(costs)
