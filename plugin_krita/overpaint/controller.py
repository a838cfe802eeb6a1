"""Where edits are followed: reads layers, talks to the server, puts answers into documents, all in Qt's own loop."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

from . import answers, canvas, resume
from .exploring import Exploring
from .job import KritaJob
from .qt import QObject, QTimer, pyqtSignal
from .request import crop_of, edited_part, submission_of
from .server.client import events
from .server.client.followed import Phase, Then
from .server.client.history import Durations
from .server.client.launch import find
from .server.client.link import Link
from .server.client.ranges import check_ranges
from .server.client.roles import check_offer
from .server.client.translation import tr, tr_sent
from .server.wire.errors import OverpaintError
from .server.wire.offers import MethodOffer
from .server.wire.raster import Channels, Depth, Raster
from .server.wire.recipe import Recipe
from .tasks import Task, Tasks

BUSY_MS = 15
"""Between two looks at the sockets while a job runs: in Krita a timer of 15 ms left smaller gaps than a notifier."""

HURRY_MS = 1
IDLE_MS = 250

JobEvent = (
    events.Uploading
    | events.Queued
    | events.Progressed
    | events.Downloading
    | events.Arrived
    | events.EditFailed
    | events.Cancelled
)


class Controller(QObject):
    """``jobs_changed``: one came or went. ``job_settled``: nothing more happens to one by itself. ``server_changed``:
    what the server line says may be out of date. ``answered``: an event that answers a question and concerns no job."""

    jobs_changed = pyqtSignal()
    job_settled = pyqtSignal()
    server_changed = pyqtSignal()
    answered = pyqtSignal(object)

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link
        self.jobs: list[KritaJob] = []
        self.last: KritaJob | None = None
        self.server: OverpaintError | None = None
        self.starting = False
        self.pace = Durations(canvas.setting("pace"))
        self._pending = resume.stored()
        self._tasks = Tasks()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._turn)
        self._timer.start(IDLE_MS)

    # --- what the user asks for ------------------------------------------------------------------

    @property
    def offers(self) -> tuple[MethodOffer, ...]:
        welcome = self.link.welcome
        return welcome.methods if welcome is not None else ()

    def greet(self) -> None:
        """Connects to a server that runs already; starting one waits for an edit."""
        try:
            running = find() is not None
        except OverpaintError as error:
            self.server = error
            self.server_changed.emit()
            return
        if running:
            self.link.open()
            self._hurry()

    def seek(self) -> None:
        """Connects to a server, and starts one where none runs."""
        self.link.open()
        self._hurry()

    def begin(self, source: canvas.KritaSource, recipe: Recipe, then: Then = Then.CHOOSE) -> KritaJob:
        """Starts an edit. Raises ``OverpaintError`` for what is known to be impossible."""
        check_ranges(recipe)
        check_offer(recipe, self.offers)
        job = KritaJob(recipe, source, crop_of(source, recipe), then)
        job.settled.connect(self.job_settled)
        self.jobs.insert(0, job)
        self.last = job
        self._tasks.add(self._read(job), job.fail)
        self.link.open()
        self._hurry()
        self.jobs_changed.emit()
        return job

    def work(self, task: Task, failed: Callable[[OverpaintError], None]) -> None:
        """Does ``task`` in pieces, after what waits already."""
        self._tasks.add(task, failed)
        self._hurry()

    def cancel(self, job: KritaJob) -> None:
        """Ends a running job, or forgets one that waits to be kept."""
        if job.phase.over:
            self.remove(job)
        elif job.phase.waits:
            self.work(self._let_go(job), job.fail)  # after what is being kept now
            self.remove(job)
        elif job.submission is None:
            job.enter(Phase.CANCELLED)
            self.remove(job)
        else:
            job.enter(Phase.CANCELLING)
            self.link.cancel(job.id)
            self._hurry()

    def remove(self, job: KritaJob) -> None:
        if job in self.jobs:
            self.jobs.remove(job)
            if job.phase.over:
                job.pixels = job.submission = None  # the last one is remembered, but not what it sent
            self.jobs_changed.emit()

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

    @property
    def running(self) -> list[KritaJob]:
        return [job for job in self.jobs if not job.phase.settled]

    # --- the loop ---------------------------------------------------------------------------------

    def _hurry(self) -> None:
        self._timer.start(HURRY_MS)

    def _turn(self) -> None:
        self._tasks.turn()
        for event in self.link.poll():
            self._hear(event)
        for exploring in self._explorings:
            exploring.ask(time.monotonic())
        self._timer.start(self._pause())

    def _pause(self) -> int:
        if self._tasks.busy:
            return HURRY_MS
        eager = any(exploring.eager for exploring in self._explorings)
        return BUSY_MS if self.running or self.link.active or eager else IDLE_MS

    @property
    def _explorings(self) -> list[Exploring]:
        return [job.exploring for job in self.jobs if job.exploring is not None]

    def _hear(self, event: events.Event) -> None:
        if isinstance(event, (events.Connecting, events.Welcomed, events.Interrupted, events.ServerLost)):
            self._hear_server(event)
        elif isinstance(event, events.Listed):
            self._take_back(event)
        elif isinstance(event, events.Estimated):
            self.answered.emit(event)
        elif not isinstance(event, events.Acknowledged):
            self._hear_of(event)

    def _hear_of(self, event: JobEvent) -> None:
        job = next((one for one in self.jobs if one.id == event.job), None)
        exploring = next((one for one in self._explorings if event.job in one.asked), None)
        if job is not None:
            self._hear_job(job, event)
        elif exploring is not None and isinstance(event, events.Arrived):
            self._tasks.add(exploring.receive(event), exploring.fail)
        elif exploring is not None:
            exploring.hear(event)
        elif isinstance(event, events.Arrived):
            self.link.acknowledge(event.job)  # nobody wants it any more
        elif isinstance(event, events.EditFailed):
            self.answered.emit(event)

    def _hear_server(self, event: events.Connecting | events.Welcomed | events.Interrupted | events.ServerLost) -> None:
        self.starting = isinstance(event, (events.Connecting, events.Interrupted))
        self.server = event.error if isinstance(event, (events.Interrupted, events.ServerLost)) else None
        for job in [one for one in self.running if one.submission is not None]:
            if isinstance(event, events.Interrupted):
                job.notice = tr("The server stopped while working. Your edit is kept and starts again now.")
            job.enter(Phase.SENDING if isinstance(event, events.Welcomed) else Phase.STARTING)
        if isinstance(event, events.Interrupted):
            for exploring in self._explorings:
                exploring.hear(event)
        if isinstance(event, events.ServerLost):
            for job in self.running:
                job.fail(event.error)
            for exploring in [one for one in self._explorings if one.job]:
                exploring.fail(event.error)
        if isinstance(event, events.Welcomed) and self._pending.jobs:
            self.link.list_jobs()
        self.server_changed.emit()

    def _take_back(self, listed: events.Listed) -> None:
        """Edits of an earlier run of Krita, which a crash may have ended, come as cards with their answers."""
        here = {job.id for job in self.jobs}
        followed = self._pending.followed({line.job: line.state for line in listed.jobs}, here)
        if followed != self._pending:
            self._note(followed)
        for one in followed.jobs:
            if one.job not in here:
                self.jobs.append(_returned(one))
                self.link.attach(one.job)
        self.jobs_changed.emit()

    def _note(self, jobs: resume.PendingJobs) -> None:
        self._pending = jobs
        resume.store(jobs)

    def _hear_job(self, job: KritaJob, event: events.Event) -> None:
        if isinstance(event, events.Arrived):
            self._arrived(job, event)
        elif isinstance(event, events.EditFailed):
            self._note(self._pending.without(job.id))
            job.fail(event.error)
        elif isinstance(event, events.Cancelled):
            self._note(self._pending.without(job.id))
            job.enter(Phase.CANCELLED)
            self.remove(job)
        else:
            job.hear(event)

    # --- layers and answers -----------------------------------------------------------------------

    def _read(self, job: KritaJob) -> Task:
        edited = edited_part(job.source, job.recipe, job.crop)
        pixels = yield from canvas.read(job.source, job.crop, edited)
        if job.phase.over:
            return
        job.pixels = pixels
        job.submission = submission_of(job.recipe, pixels, job.id)
        check_offer(job.recipe, self.offers)
        self.link.start(job.submission)
        self._note(self._pending.plus(_pending(job, pixels.space)))
        job.enter(Phase.SENDING if self.link.welcome is not None else Phase.STARTING)

    def _arrived(self, job: KritaJob, arrived: events.Arrived) -> None:
        job.arrived = arrived
        job.notice = " ".join(map(tr_sent, arrived.finished.notices))
        self._learn(job)
        job.enter(Phase.PLACING)
        if job.then is Then.EXPLORE:
            self._tasks.add(self._explore(job), job.fail)
        elif job.then is Then.CHOOSE and len(arrived.layers) > 1:
            self._tasks.add(self._choose(job), job.fail)
        else:
            self._put(job, answers.place_all(job))

    def _learn(self, job: KritaJob) -> None:
        assert job.arrived is not None
        seconds = sum(job.arrived.finished.seconds.values())
        device = self.link.welcome.device if self.link.welcome else ""
        self.pace.note(job.recipe.method, job.recipe.model, device, seconds)
        canvas.set_setting("pace", self.pace.dump())

    def _choose(self, job: KritaJob) -> Task:
        yield from answers.pictures(job)
        self._offer(job, Phase.CHOOSING)

    def _explore(self, job: KritaJob) -> Task:
        yield from answers.explore(job, self.link)
        assert job.exploring is not None
        job.exploring.changed.connect(self._hurry)
        self._offer(job, Phase.EXPLORING)

    def _offer(self, job: KritaJob, phase: Phase) -> None:
        """The user may choose now, unless Cancel came when it was too late for the server."""
        if job.phase is not Phase.CANCELLING:
            job.enter(phase)
            return
        self._forget(job)
        job.enter(Phase.CANCELLED)
        self.remove(job)

    def _put(self, job: KritaJob, work: Task) -> None:
        self.work(self._finish(job, work), lambda error: self._orphan(job, error))

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
            self.link.reuse(job.arrived)
        job.arrived = job.pixels = job.submission = job.exploring = None  # they are as large as the layer

    def _acknowledge(self, job: KritaJob) -> None:
        if not job.acknowledged:
            job.acknowledged = True
            self.link.acknowledge(job.id)
            self._note(self._pending.without(job.id))


def _pending(job: KritaJob, space: canvas.KritaSpace) -> resume.Pending:
    return resume.Pending(job.id, job.recipe, job.source.name, job.crop, space.model, space.depth, space.profile)


def _returned(one: resume.Pending) -> KritaJob:
    space = canvas.KritaSpace(one.model, one.depth, one.profile)
    job = KritaJob(one.recipe, canvas.nowhere(one.layer, space, one.crop), one.crop, Then.KEEP)
    job.id = one.job
    job.pixels = canvas.Pixels(space, Raster(one.crop, Channels.RGBA, Depth.U8), bytearray(), None, None)
    job.enter(Phase.WAITING)
    return job


_controller: Controller | None = None


def the_controller() -> Controller:
    """The one desk of this Krita, made on first use."""
    global _controller
    if _controller is None:
        _controller = Controller(Link("krita"))
    return _controller
