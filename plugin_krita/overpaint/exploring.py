"""A learned picture on its slider of edit strengths: the answers so far and the jobs that paint more of them, one at a
time, and the latest wins."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from . import canvas
from .qt import QImage, QObject, QPainter, pyqtSignal
from .server.client import events
from .server.client.link import Link
from .server.client.strengths import Point, Strengths, kept_at_once, painted_at
from .server.client.submission import Submission, new_job_id
from .server.client.translation import tr
from .server.client.wording import place_line, sentence, stage_line
from .server.wire.errors import OverpaintError
from .server.wire.geometry import Bounds
from .server.wire.messages import Finished
from .tasks import Work


@dataclass(frozen=True, eq=False)
class Painted:
    """One answer. index: its place among ``finished.layers``. seen: small, as it will look over what is there."""

    finished: Finished
    index: int
    data: memoryview
    seen: QImage


class Exploring(QObject):
    """``changed`` follows every change of what is shown.

    request: what the picture was learned with. before: a small picture of ``part`` of it, as it is now. status: what
    happens now, in words; empty: nothing. trouble: the last answer did not come, and ``status`` says why. note: what
    came of the last *Keep*. asked: every job so far; one that was cancelled too late brings an answer too. placing:
    something is being kept now. pixels: what was read.
    """

    changed = pyqtSignal()

    def __init__(
        self, link: Link, request: Submission, pixels: canvas.Pixels, part: Bounds, before: QImage, first: Point
    ) -> None:
        super().__init__()
        self.request, self.before = request, before
        self.strengths: Strengths[Painted] = Strengths(first)
        self.sweep: tuple[Painted, ...] = ()
        self.status, self.trouble, self.note = "", False, ""
        self.job = ""
        self.asked: set[str] = set()
        self.placing = False
        self._link, self._space, self._part = link, pixels.space, part
        self._veil = pixels.fit.veil if pixels.fit is not None else None

    # --- what the user does ------------------------------------------------------------------------

    def move(self, point: Point) -> None:
        """The user wants to see ``point``. After a failure, whatever the slider comes to is asked for anew."""
        self.note = ""
        if self.trouble and point != self.strengths.wanted:
            self.again()
        self.strengths.move(point, time.monotonic())
        self.changed.emit()

    def again(self) -> None:
        """The user wants what failed to be tried again."""
        self.status, self.trouble = "", False
        self.strengths.again()
        self.changed.emit()

    def end(self) -> None:
        """Nothing more is wanted."""
        if self.job:
            self._link.cancel(self.job)
            self.job = ""

    # --- the loop ----------------------------------------------------------------------------------

    @property
    def eager(self) -> bool:
        """There is something to wait for or to ask for soon."""
        return not self.strengths.complete and not self.trouble

    def ask(self, now: float) -> None:
        """Asks for what is due at ``now`` (seconds, monotonic), in place of what was asked for before."""
        point = self.strengths.due(now)
        if point is None:
            return
        if self.job:
            self._link.cancel(self.job)
        recipe = painted_at(self.request.recipe, point)
        self.trouble = False
        self._say(tr("Painting"))
        try:
            self.job = self._link.start(replace(self.request, recipe=recipe, job=new_job_id(), keep=False))
            self.asked.add(self.job)
        except OverpaintError as error:
            self.fail(error)

    def hear(self, event: events.Event) -> None:
        """What the server says of the job under way, apart from its answer."""
        if isinstance(event, events.Failed):
            self.fail(event.error)
        elif isinstance(event, events.Queued):
            self._say(place_line(event.place))
        elif isinstance(event, events.Progressed):
            self._say(stage_line(event.stage, event.seconds_left))

    def interrupted(self) -> None:
        """The server is gone for the moment; what was asked for is asked for again."""
        if self.job:
            self._say(tr("The server stopped while working. Your edit is kept and starts again now."))

    def fail(self, error: OverpaintError) -> None:
        self.job, self.trouble = "", True
        self._say(sentence(error))

    def keep(self) -> None:
        """Something is to become a layer; ``kept`` or ``tell`` follows."""
        self.note, self.placing = "", True
        self.changed.emit()

    def tell(self, error: OverpaintError) -> None:
        """What came of *Keep*, where nothing could be kept."""
        self.note, self.placing = sentence(error), False
        self.changed.emit()

    def kept(self, note: str) -> None:
        self.note, self.placing = note, False
        self.changed.emit()

    def _say(self, status: str) -> None:
        self.status = status
        self.changed.emit()

    def take(self, arrived: events.Arrived) -> Work:
        """An answer came, perhaps of a job that was cancelled too late."""
        painted = []
        for index, answer in enumerate(arrived.layers):
            raster, data = answer.layer.raster, answer.data
            above = yield from canvas.picture(self._space, raster, data, self._part, self._veil)
            painted.append(Painted(arrived.finished, index, answer.data, over(self.before, above)))
            self.strengths.take(Point(answer.layer.seed, answer.layer.eta or 0.0), painted[-1])
        self.sweep = self.sweep or tuple(painted)
        self.strengths.trim(kept_at_once(arrived.layers[0].layer.raster.nbytes))
        if arrived.job == self.job:
            self.job, self.trouble = "", False
            self._say("")
        self.changed.emit()


def over(below: QImage, above: QImage) -> QImage:
    """What the layer will look like over the picture."""
    seen = below.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(seen)
    painter.drawImage(0, 0, above)
    painter.end()
    return seen
