"""Where edits are followed: what is asked for is read and sent, and what the server says of it is heard."""

from __future__ import annotations

import time

from . import canvas, resume
from .arrivals import Arrivals
from .exploring import Exploring
from .job import KritaJob
from .loop import Loop
from .qt import QObject, pyqtSignal
from .request import crop_of, edited_part, submission_of
from .server.client import events
from .server.client.combining import Combining
from .server.client.followed import Phase, Then
from .server.client.launch import find
from .server.client.link import Link
from .server.client.ranges import check_ranges
from .server.client.roles import check_offer
from .server.client.translation import tr
from .server.wire.errors import OverpaintError
from .server.wire.offers import MethodOffer
from .server.wire.paths import Home
from .server.wire.raster import Channels, Depth, Raster
from .server.wire.recipe import Recipe
from .tasks import Task

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

    def __init__(self, home: Home) -> None:
        super().__init__()
        self._home, self.link = home, Link("krita", home)
        self.jobs: list[KritaJob] = []
        self.last: KritaJob | None = None
        self.server: OverpaintError | None = None
        self.starting = False
        self.loop = Loop(self._look, self._is_busy)
        self._pending = resume.PendingFile(home.clients)
        self.arrivals = Arrivals(self.link, self.loop, self._pending, self.remove)

    # --- what the user asks for ------------------------------------------------------------------

    @property
    def offers(self) -> tuple[MethodOffer, ...]:
        welcome = self.link.welcome
        return welcome.methods if welcome is not None else ()

    def greet(self) -> None:
        """Connects to a server that runs already; starting one waits for an edit."""
        try:
            running = find(self._home) is not None
        except OverpaintError as error:
            self.server = error
            self.server_changed.emit()
            return
        if running:
            self.link.open()
            self.loop.hurry()

    def seek(self) -> None:
        """Connects to a server, and starts one where none runs."""
        self.link.open()
        self.loop.hurry()

    def begin(
        self,
        source: canvas.KritaSource,
        recipe: Recipe,
        then: Then = Then.CHOOSE,
        combining: Combining = Combining.REPLACE,
        references: tuple[canvas.KritaReference, ...] = (),
    ) -> KritaJob:
        """Starts an edit. Raises ``OverpaintError`` for what is known to be impossible."""
        check_ranges(recipe)
        check_offer(recipe, self.offers, len(references))
        job = KritaJob(recipe, source, crop_of(source, recipe), then, combining, references)
        job.settled.connect(self.job_settled)
        self.jobs.insert(0, job)
        self.last = job
        self.loop.work(self._read(job), job.fail)
        self.link.open()
        self.jobs_changed.emit()
        return job

    def cancel(self, job: KritaJob) -> None:
        """Ends a running job, or forgets one that waits to be kept."""
        if job.phase.over:
            self.remove(job)
        elif job.phase.waits:
            self.arrivals.let_go(job)
            self.remove(job)
        elif job.submission is None:
            job.enter(Phase.CANCELLED)
            self.remove(job)
        else:
            job.enter(Phase.CANCELLING)
            self.link.cancel(job.id)
            self.loop.hurry()

    def skip(self, job: KritaJob) -> None:
        """A comparison goes on without the method that is at work."""
        self.link.skip(job.id)
        self.loop.hurry()

    def remove(self, job: KritaJob) -> None:
        if job in self.jobs:
            self.jobs.remove(job)
            if job.phase.over:
                job.pixels = job.submission = None  # the last one is remembered, but not what it sent
            self.jobs_changed.emit()

    @property
    def running(self) -> list[KritaJob]:
        return [job for job in self.jobs if not job.phase.settled]

    # --- in the loop --------------------------------------------------------------------------------

    def _look(self) -> None:
        for event in self.link.poll():
            self._hear(event)
        for exploring in self._explorings:
            exploring.ask(time.monotonic())

    def _is_busy(self) -> bool:
        eager = any(exploring.eager for exploring in self._explorings)
        return bool(self.running) or self.link.active or eager

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
            self.loop.work(exploring.receive(event), exploring.fail)
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
            for job in [one for one in self.running if one.submission is not None]:
                job.fail(event.error)  # one that is still being read asks for a server when it has been
            for exploring in [one for one in self._explorings if one.job]:
                exploring.fail(event.error)
        if isinstance(event, events.Welcomed) and self._pending:
            self.link.list_jobs()
        self.server_changed.emit()

    def _take_back(self, listed: events.Listed) -> None:
        """Edits of an earlier run of Krita, which a crash may have ended, come as cards with their answers."""
        here = {job.id for job in self.jobs}
        for one in self._pending.returned({line.job: line.state for line in listed.jobs}, here):
            self.jobs.append(_returned(one))
            self.link.attach(one.job)
        self.jobs_changed.emit()

    def _hear_job(self, job: KritaJob, event: events.Event) -> None:
        if isinstance(event, events.Arrived):
            self.arrivals.receive(job, event)
        elif isinstance(event, events.EditFailed):
            self._pending.drop(job.id)
            job.fail(event.error)
        elif isinstance(event, events.Cancelled):
            self._pending.drop(job.id)
            job.enter(Phase.CANCELLED)
            self.remove(job)
        else:
            job.hear(event)

    # --- layers ------------------------------------------------------------------------------------

    def _read(self, job: KritaJob) -> Task:
        edited = edited_part(job.source, job.recipe, job.crop)
        pixels = yield from canvas.read(job.source, job.crop, edited)
        looked_at = []
        for reference in job.references:
            looked_at.append((yield from canvas.read_reference(reference)))
        if job.phase.over:
            return
        job.pixels = pixels
        job.submission = submission_of(job.recipe, pixels, job.id, looked_at)
        check_offer(job.recipe, self.offers, len(looked_at))
        self.link.start(job.submission)
        self._pending.add(_pending(job, pixels.space))
        job.enter(Phase.SENDING if self.link.welcome is not None else Phase.STARTING)


def _pending(job: KritaJob, space: canvas.KritaSpace) -> resume.Pending:
    return resume.Pending(
        job.id, job.recipe, job.source.name, job.crop, space.model, space.depth, space.profile, job.combining
    )


def _returned(one: resume.Pending) -> KritaJob:
    space = canvas.KritaSpace(one.model, one.depth, one.profile)
    source = canvas.nowhere(one.layer, space, one.crop)
    job = KritaJob(one.recipe, source, one.crop, Then.KEEP, one.combining)
    job.id = one.job
    job.pixels = canvas.Pixels(space, Raster(one.crop, Channels.RGBA, Depth.U8), bytearray(), None, None)
    job.enter(Phase.WAITING)
    return job


_controller: Controller | None = None


def the_controller() -> Controller:
    """The one desk of this Krita, made on first use."""
    global _controller
    if _controller is None:
        _controller = Controller(Home.of_user())
    return _controller
