"""The jobs behind the slider of edit strengths: one at a time, and the latest wins. No gi."""

from __future__ import annotations

from dataclasses import dataclass, replace

from line import Line, said

from server.client import events
from server.client.strengths import Point, Strengths, kept_at_once, painted_at
from server.client.submission import Submission, new_job_id
from server.client.translation import tr
from server.client.wording import sentence
from server.wire.errors import OverpaintError
from server.wire.messages import Finished

BUDGET_S = 0.02
"""One step of the link, in which the dialog stands still."""


@dataclass(frozen=True, eq=False)
class Painted:
    """One answer with its pixels. index: its place among ``finished.layers``."""

    finished: Finished
    index: int
    data: bytes


class Renders:
    """``request`` made ``first``, the answers that are there from the beginning; ``shown``: the first edit strength to
    show. Further answers are the same request with another edit strength or seed, which the server paints at once.

    status: what happens now, in words; empty: nothing. trouble: the last answer did not come, and ``status`` says why.
    """

    def __init__(self, line: Line, request: Submission, first: events.Arrived, shown: float) -> None:
        self._line, self._request = line, request
        self._job = ""
        self.status, self.trouble = "", False
        self.strengths: Strengths[Painted] = Strengths(Point(first.finished.layers[0].seed, shown))
        self._take(first)

    def move(self, point: Point, now: float) -> None:
        """A person wants to see ``point``. After a failure, whatever the slider comes to is asked for anew."""
        if self.trouble and point != self.strengths.wanted:
            self.again()
        self.strengths.move(point, now)

    def again(self) -> None:
        """A person wants what failed to be tried again."""
        self.status, self.trouble = "", False
        self.strengths.again()

    def work(self, now: float, wait: float = 0.0) -> None:
        """Hears what has come, after waiting up to ``wait`` seconds for something, and asks for what is due at ``now``
        (seconds, monotonic). Call it often."""
        try:
            for event in self._line.listen(wait, BUDGET_S):
                self._hear(event)
            self._ask(now)
        except OverpaintError as error:
            self._fail(error)

    def _ask(self, now: float) -> None:
        point = self.strengths.due(now)
        if point is None:
            return
        if self._job:
            self._line.link.cancel(self._job)
        recipe = painted_at(self._request.recipe, point)
        self.status, self.trouble = tr("Painting"), False
        self._job = self._line.link.start(replace(self._request, recipe=recipe, job=new_job_id()))

    def _hear(self, event: events.Event) -> None:
        if isinstance(event, events.Arrived):  # perhaps of a job that was cancelled too late
            self._take(event)
        elif isinstance(event, events.Failed) and event.job == self._job:
            self._fail(event.error)
        elif (heard := said(event)) is not None and getattr(event, "job", self._job) == self._job:
            self.status = heard.text

    def _take(self, arrived: events.Arrived) -> None:
        finished = arrived.finished
        for index, layer in enumerate(arrived.layers):
            point = Point(layer.layer.seed, layer.layer.eta or 0.0)
            self.strengths.take(point, Painted(finished, index, bytes(layer.data)))
        self.strengths.trim(kept_at_once(arrived.layers[0].layer.raster.nbytes))
        self._line.link.acknowledge(arrived.job)
        if arrived.job == self._job:
            self._job, self.status = "", ""

    def _fail(self, error: OverpaintError) -> None:
        self._job = ""
        self.status, self.trouble = sentence(error), True
