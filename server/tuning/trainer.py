"""Learning one picture, phase by phase: what is known of it already, how far it is, and what is noted on the way."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from server.editing.edit import Report, Step
from server.editing.painting import Easel
from server.models.runtime import memory
from server.models.runtime.adapter import Adapter
from server.models.runtime.denoiser import Sitter
from server.models.runtime.shortage import is_shortage
from server.models.runtime.weights import AllWeights, LowRank, Weights

from .cache import Notebook, Page, name_of
from .optimise import OnStep, demand, minimise
from .plan import Plan, fitting, smaller
from .presets import LOOKING, Phase, Preset, Start
from .state import Study

log = logging.getLogger(__name__)

_NOTE_EVERY = 0.04
"""Share of the learning after which a checkpoint is written, so that a crash never costs more than a twentieth,"""

_NOTING_SHARE = 0.1
"""as long as writing takes less than this share of the time."""

_FIRST_WEIGHTS = 0
"""The seed from which they are drawn."""

ALL_WORDS = "all-words"
"""The page of what was learned for every prompt."""


@dataclass(frozen=True)
class Lesson:
    """``identity``: of the model's files."""

    adapter: Adapter
    preset: Preset
    identity: str
    prompt: str
    notebook: Notebook = field(default_factory=Notebook)

    @property
    def way(self) -> str:
        """Model and manner of learning, as a name."""
        return way(self.adapter, self.identity, self.preset)

    def page(self, easel: Easel, sitter: Sitter) -> Page:
        """Where it is noted. The mask counts only where the denoiser is shown it."""
        shown = [easel.image.tobytes(), *([easel.mask.tobytes()] if sitter.given else [])]
        picture = name_of(self.way, *shown)
        return Page(picture, words_page(self.preset, self.prompt))


class Learning:
    """One lesson under way, on what ``easel`` shows."""

    def __init__(
        self, lesson: Lesson, easel: Easel, report: Report, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lesson = lesson
        self._easel = easel
        self._report = report
        self._clock = clock
        self.sitter = lesson.adapter.sit(easel.image, easel.mask)
        self._page = lesson.page(easel, self.sitter)
        self._noted_share, self._noted_at, self._noting_took = 0.0, clock(), 0.0

    def begin(self) -> Study:
        """The study as it was left: complete, interrupted, learned for other words; or a new one that begins where its
        preset says."""
        lesson, device = self._lesson, self._lesson.adapter.place.device
        found = lesson.notebook.open(self._page, lesson.preset.rank, device)
        if found is not None:
            study, self._noted_share = found
            return study
        known = lesson.notebook.whole(self._page.picture) if lesson.preset.other_words is not None else None
        found = lesson.notebook.open(known, lesson.preset.rank, device) if known else None
        if known and found:
            target = lesson.adapter.embed(lesson.prompt)
            return Study(target.detached(), found[0].weights, other_words=known.words)
        caption = self._caption() if lesson.preset.start is Start.CAPTION else ""
        begin = lesson.adapter.embed(lesson.prompt if lesson.preset.start is Start.TARGET else caption)
        return Study(begin.detached(), first_weights(lesson.adapter, lesson.preset), caption=caption)

    def _caption(self) -> str:
        adapter, seen = self._lesson.adapter, 0

        def on_look(count: int) -> None:
            nonlocal seen
            seen += count
            self._report(Step(LOOKING, min(seen, adapter.looks), adapter.looks))

        on_look(0)
        return adapter.caption(self._easel.image, self._easel.mask, on_look)

    def phases(self, study: Study) -> tuple[Phase, ...]:
        """Those still to do, the one it is in first."""
        return self._all(study)[study.phase :]

    def go_through(self, study: Study, phase: Phase) -> None:
        """To its end, or until the report raises."""

        def on_step() -> None:
            self._note_when_due(study)
            self._report(Step(phase.stage, study.step, phase.steps))

        self._report(Step(phase.stage, study.step, phase.steps))
        adapter = self._lesson.adapter
        with adapter.denoiser_alone():
            plan: Plan | None = self._first_plan(study, phase)
            while plan is not None:
                plan = self._tried(study, phase, plan, on_step)
        study.end_phase()

    def _first_plan(self, study: Study, phase: Phase) -> Plan:
        adapter = self._lesson.adapter
        try:
            need = demand(adapter, self.sitter, study, phase)
            return fitting(need, memory.free(adapter.place.device))
        except Exception as error:
            if not is_shortage(error):
                raise
            log.warning("memory ran out counting what one sample keeps; going on with one at a time")
        memory.sweep(adapter.place.device)
        return Plan(1, checkpointing=True)

    def _tried(self, study: Study, phase: Phase, plan: Plan, on_step: OnStep) -> Plan | None:
        """None when the phase is over, else the plan to go on with. Raises when memory runs out in the smallest."""
        try:
            minimise(self._lesson.adapter, self.sitter, study, phase, plan, on_step)
        except Exception as error:
            next_plan = smaller(plan, phase.batch)
            if next_plan is None or not is_shortage(error):
                raise
            log.warning("memory ran out with %s; going on with %s", plan, next_plan)
        else:
            return None
        memory.sweep(self._lesson.adapter.place.device)
        return next_plan

    def end(self, study: Study) -> None:
        """It is learned: kept as it will be painted with."""
        dtype = self._lesson.adapter.place.dtype
        study.words = study.words.detached()
        study.settle(dtype)
        if self._noted_share < 1:
            self._lesson.notebook.write(self._page, study, 1.0, dtype)

    def remember(self, content: str) -> None:
        """The picture is what a host calls ``content``."""
        if content:
            self._lesson.notebook.see(self._page.picture, seen_as(content, self._lesson.way))

    def share(self, study: Study) -> float:
        """0..1: how much of the learning is done, by the samples that go through the denoiser."""
        return share(self._all(study), study)

    def _all(self, study: Study) -> tuple[Phase, ...]:
        preset = self._lesson.preset
        return (preset.other_words or ()) if study.other_words else preset.phases

    def _note_when_due(self, study: Study) -> None:
        share, now = self.share(study), self._clock()
        if (
            share >= 1
            or share - self._noted_share < _NOTE_EVERY
            or now - self._noted_at < self._noting_took / _NOTING_SHARE
        ):
            return
        self._lesson.notebook.write(self._page, study, share)
        self._noted_share, self._noted_at = share, self._clock()
        self._noting_took = self._noted_at - now


def first_weights(adapter: Adapter, preset: Preset) -> Weights:
    """With which the model still is what it was."""
    if preset.rank:
        return LowRank.beginning(adapter.denoiser, preset.rank, _FIRST_WEIGHTS)
    return AllWeights.beginning(adapter.denoiser)


def words_page(preset: Preset, prompt: str) -> str:
    """The name of the page of what was learned for the prompt."""
    return ALL_WORDS if preset.serves_all_words else name_of(prompt)


def way(adapter: Adapter, identity: str, preset: Preset) -> str:
    place = adapter.place  # not whether it is offloaded: that may begin in the middle, when memory runs out
    return name_of(identity, str(place.device), str(place.dtype), repr(preset))


def seen_as(content: str, way: str) -> str:
    """What a host sent, as a model and a manner of learning see it."""
    return name_of(content, way)


def share(phases: tuple[Phase, ...], study: Study) -> float:
    costs = [phase.steps * phase.batch for phase in phases]
    if study.phase >= len(phases):
        return 1.0
    done = sum(costs[: study.phase]) + study.step * phases[study.phase].batch
    return done / sum(costs)
