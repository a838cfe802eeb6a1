"""What comes back: it goes into the document, is offered to choose from, or is kept until there is a place for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from . import answers, canvas
from .job import KritaJob
from .loop import Loop
from .resume import PendingFile
from .server.client import events
from .server.client.followed import Phase, Then
from .server.client.history import Durations
from .server.client.link import Link
from .server.client.translation import tr, tr_sent
from .server.wire.errors import OverpaintError
from .server.wire.results import ResultKind
from .tasks import Task


class Arrivals:
    """pace: how long edits took. remove: takes a job from the list of those that are shown."""

    def __init__(self, link: Link, loop: Loop, pending: PendingFile, remove: Callable[[KritaJob], None]) -> None:
        self._link, self._loop, self._pending, self._remove = link, loop, pending, remove
        self.pace = Durations(canvas.setting("pace"))

    def receive(self, job: KritaJob, arrived: events.Arrived) -> None:
        job.arrived, job.kind = arrived, arrived.results[0].result.kind
        job.notice = " ".join(map(tr_sent, arrived.finished.notices))
        self._learn(job)
        job.enter(Phase.PLACING)
        layers = job.kind in (ResultKind.REPAINT, ResultKind.LAYER)
        if job.then is Then.EXPLORE and layers:
            self._loop.work(self._explore(job), job.fail)
        elif job.then is Then.CHOOSE and len(arrived.results) > 1 and not arrived.finished.grouped:
            self._loop.work(self._choose(job), job.fail)
        else:
            self._put(job, answers.place_all(job))

    # --- what the user asks for ------------------------------------------------------------------

    def keep(self, job: KritaJob, index: int) -> None:
        """Makes answer ``index`` a layer."""
        job.kept.add(index)
        self._put(job, answers.place(job, [index]))

    def keep_shown(self, job: KritaJob) -> None:
        """Makes what the slider shows a layer."""
        self._put(job, answers.place_shown(job))

    def keep_sweep(self, job: KritaJob) -> None:
        """Makes all that was painted at first a group of layers."""
        self._put(job, answers.place_sweep(job))

    def settle(self, job: KritaJob, source: canvas.KritaSource) -> None:
        """Puts an answer whose picture was closed into the document of ``source``."""
        job.source = dataclasses.replace(source, name=job.source.name)
        if job.pixels is not None and job.pixels.fit is not None:
            here = canvas.Fit(source.node_id, None, own=True, veil=job.pixels.fit.veil)
            job.pixels = dataclasses.replace(job.pixels, fit=here)
        self._put(job, answers.place_shown(job) if job.exploring is not None else answers.place_all(job))

    def let_go(self, job: KritaJob) -> None:
        """Nothing more of it is wanted, after what is being kept now."""
        self._loop.work(self._let_go(job), job.fail)

    # --- in the loop -------------------------------------------------------------------------------

    def _learn(self, job: KritaJob) -> None:
        assert job.arrived is not None
        seconds = sum(job.arrived.finished.seconds.values())
        device = self._link.welcome.device if self._link.welcome else ""
        self.pace.note(job.recipe.method, job.recipe.model, device, seconds)
        canvas.set_setting("pace", self.pace.dump())

    def _choose(self, job: KritaJob) -> Task:
        yield from answers.pictures(job)
        self._offer(job, Phase.CHOOSING)

    def _explore(self, job: KritaJob) -> Task:
        yield from answers.explore(job, self._link)
        assert job.exploring is not None
        job.exploring.changed.connect(self._loop.hurry)
        self._offer(job, Phase.EXPLORING)

    def _offer(self, job: KritaJob, phase: Phase) -> None:
        """The user may choose now, unless Cancel came when it was too late for the server."""
        if job.phase is not Phase.CANCELLING:
            job.enter(phase)
            return
        self._forget(job)
        job.enter(Phase.CANCELLED)
        self._remove(job)

    def _put(self, job: KritaJob, work: Task) -> None:
        self._loop.work(self._finish(job, work), lambda error: self._orphan(job, error))

    def _finish(self, job: KritaJob, work: Task) -> Task:
        yield from work
        if job.phase is Phase.EXPLORING:
            self._acknowledge(job)
        elif job.phase is not Phase.CHOOSING:
            self._forget(job)
            job.enter(Phase.DONE)
        job.changed.emit()

    def _let_go(self, job: KritaJob) -> Task:
        self._forget(job)
        yield None

    def _orphan(self, job: KritaJob, error: OverpaintError) -> None:
        if job.exploring is not None:
            job.exploring.refuse(error)
            return
        job.error = error
        if not job.source.document_id:
            job.notice = tr("An earlier edit is ready.")
        job.kept.clear()
        job.enter(Phase.ORPHANED, None, f"{error.sentence} {error.hint}")

    def _forget(self, job: KritaJob) -> None:
        """The answer is where it belongs, or is not wanted: the server need not keep it."""
        self._acknowledge(job)
        if job.exploring is not None:
            job.exploring.end()
        if job.arrived is not None:
            self._link.reuse(job.arrived)
        job.arrived = job.pixels = job.submission = job.exploring = None  # they are as large as the layer

    def _acknowledge(self, job: KritaJob) -> None:
        if not job.acknowledged:
            job.acknowledged = True
            self._link.acknowledge(job.id)
            self._pending.drop(job.id)
