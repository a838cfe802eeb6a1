"""Does jobs and answers questions, one at a time, with models that stay in memory between them. Wherever a runner runs
them, each process (or thread) has one of these."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from server.editing.edit import CancelledEdit, SkippedPart, Step
from server.methods import registry
from server.methods.method import Method
from server.models.store.store import ModelFolders, ModelStore
from server.wire import messages as wire
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Recipe
from server.workers import job, link, progress
from server.workers.failure import worded
from server.workers.oom_retry import retried_with_less_memory
from server.workers.runner import Task
from server.workers.speech import speaking

if TYPE_CHECKING:
    from server.models.runtime.residency import Models

log = logging.getLogger(__name__)


@dataclass
class Wishes:
    """Jobs that are to be given up, and those that are to leave out what they are at. Said from another thread."""

    stopped: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)

    def heed(self, job: str) -> None:
        """Called at each step. Raises ``CancelledEdit`` or, once each time, ``SkippedPart``."""
        if job in self.stopped:
            raise CancelledEdit
        if job in self.skipped:
            self.skipped.discard(job)
            raise SkippedPart

    def forget(self, job: str) -> None:
        self.stopped.discard(job)
        self.skipped.discard(job)


class Executor:
    """store: what is installed. open_models: makes the ``Models`` as soon as a method needs one. say: hears each note,
    with the bytes of a preview; may be called from the thread that runs."""

    def __init__(
        self, store: ModelStore, open_models: Callable[[], Models], say: Callable[[link.Note, bytes], None]
    ) -> None:
        self._without_torch = ModelFolders(store)
        self._open_models = open_models
        self._say = say
        self._models: Models | None = None
        self._loaded: tuple[str, ...] = ()

    def run(self, task: Task, wishes: Wishes) -> None:
        """Does the task and says how it ended."""
        note: link.Note
        try:
            note = self._do(task, wishes)
        except (CancelledEdit, SkippedPart):  # where one part was all there is, nothing is left
            note = wire.Cancelled(task.job)
        except Exception as error:  # whatever an edit raises ends that edit, not the worker
            log.exception("job %s failed", task.job)
            note = self._failed(task.job, worded(error))
        self._end(note)

    def answer(self, question: wire.Estimate) -> None:
        """Says the answer to a question, or why there is none."""
        note: link.Note
        try:
            method = registry.method(question.recipe.method)
            models = self._models_for(method, question.recipe)
            with speaking(question.recipe, models):
                note = method.load_estimator()(question, models)
        except Exception as error:  # whatever it is ends the question, not the worker
            log.exception("an estimate failed")
            note = self._failed(question.question, worded(error))
        self._end(note)

    def unload(self) -> None:
        """Frees what models hold."""
        if self._models is not None:
            log.info("unloading all models after a long pause")
            self._models.unload()
            self._say_loaded()

    def _do(self, task: Task, wishes: Wishes) -> wire.Finished:
        submit = task.files.request()
        method = registry.method(submit.recipe.method)
        pace, throttle = progress.Pace(), progress.Throttle()

        def report(step: Step) -> None:
            wishes.heed(task.job)
            if throttle.passes(step):
                self._say(*progress.message(task.job, step, pace))

        report(Step("Starting", 0, 0))
        models = self._models_for(method, submit.recipe)
        if self._models is not None:
            self._models.low_memory = task.low_memory
        edit, size = method.load(), submit.layer.bounds.extent
        return retried_with_less_memory(
            lambda: job.run(submit, task.files, edit, models, report, task.guest, method.answers),
            self._models,
            report,
            size,
        )

    def _models_for(self, method: Method, recipe: Recipe) -> Models:
        loads = method.requires is not None or registry.model_for(recipe, self._without_torch.store.cards())
        if self._models is None and loads:
            self._models = self._open_models()
        # One without needs asks only what is installed, and torch stays away.
        return cast("Models", self._models or self._without_torch)

    def _failed(self, name: str, error: OverpaintError) -> wire.Failed:
        if error.code is Code.OUT_OF_MEMORY and self._models is not None:
            self._models.unload()
        return wire.Failed.of(name, error)

    def _end(self, note: link.Note) -> None:
        """Who is given the next work has to know before what is loaded here."""
        self._say_loaded()
        self._say(note, b"")

    def _say_loaded(self) -> None:
        loaded = self._models.loaded if self._models is not None else ()
        if loaded != self._loaded:
            self._loaded = loaded
            self._say(link.Loaded(loaded), b"")
