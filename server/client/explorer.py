"""A learned picture on its slider of edit strengths: the answers so far, and the jobs that paint more of them, one at a
time, and the latest wins. No host in it: whoever shows it calls ``ask`` often and passes on what is heard."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from ..wire.errors import OverpaintError
from ..wire.frames import Buffer
from ..wire.messages import Finished
from . import events
from .link import Link
from .naming import strength_name
from .progress import describe
from .strengths import Point, Strengths, kept_at_once, painted_at
from .submission import Submission, new_job_id
from .translation import tr
from .wording import sentence

View = TypeVar("View")
"""What a host draws of an answer."""


@dataclass(frozen=True, eq=False)
class PaintedAnswer(Generic[View]):
    """One answer with its pixels.

    index: its place among ``finished.results``.
    data: its pixels, as ``finished.results[index].raster`` describes them.
    view: as the host shows it.
    """

    finished: Finished
    index: int
    data: Buffer
    view: View


class Explorer(Generic[View]):
    """``changed`` is called after every change of what is shown.

    request: what the picture was learned with; further answers are the same request with another edit strength or seed.
    strengths: which answers are there, and where the slider stands.
    sweep: what was painted at first.
    status: what happens now, in words; empty: nothing.
    trouble: the last answer did not come, and ``status`` says why.
    note: what came of the last *Keep*.
    placing: something is being kept now.
    job: the one under way; empty: none.
    asked: every job so far; one that was cancelled too late brings an answer too.
    """

    def __init__(
        self, link: Link, request: Submission, first: Point, changed: Callable[[], object] = lambda: None
    ) -> None:
        self.request = request
        self.strengths: Strengths[PaintedAnswer[View]] = Strengths(first)
        self.sweep: tuple[PaintedAnswer[View], ...] = ()
        self.status, self.trouble, self.note = "", False, ""
        self.placing = False
        self.job = ""
        self.asked: set[str] = set()
        self._link, self._changed = link, changed

    # --- what the user does ------------------------------------------------------------------------

    def move(self, point: Point, now: float | None = None) -> None:
        """The user wants to see ``point``; ``now``: seconds, monotonic. After a failure, whatever the slider comes to
        is asked for anew."""
        self.note = ""
        if self.trouble and point != self.strengths.wanted:
            self.again()
        self.strengths.move(point, time.monotonic() if now is None else now)
        self._changed()

    def again(self) -> None:
        """The user wants what failed to be tried again."""
        self.status, self.trouble = "", False
        self.strengths.again()
        self._changed()

    def end(self) -> None:
        """Nothing more is wanted."""
        if self.job:
            self._link.cancel(self.job)
            self.job = ""

    # --- the jobs ----------------------------------------------------------------------------------

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
        self._show(tr("Painting"))
        try:
            self.job = self._link.start(replace(self.request, recipe=recipe, job=new_job_id(), keep=False))
            self.asked.add(self.job)
        except OverpaintError as error:
            self.fail(error)

    def hear(self, event: events.Event) -> None:
        """What the server says, apart from answers. Events of other jobs are passed over."""
        if getattr(event, "job", self.job) != self.job or not self.job:
            return
        if isinstance(event, events.EditFailed):
            self.fail(event.error)
        elif (progress := describe(event)) is not None:
            self._show(progress.text)

    def fail(self, error: OverpaintError) -> None:
        """What was asked for does not come."""
        self.job, self.trouble = "", True
        self._show(sentence(error))

    def take(self, arrived: events.Arrived, views: Sequence[View]) -> None:
        """An answer came, perhaps of a job that was cancelled too late; ``views``: one for each of its results. The
        server need not keep it, unless it is the first: that one is the host's to acknowledge."""
        painted = [
            PaintedAnswer(arrived.finished, index, answer.data, view)
            for index, (answer, view) in enumerate(zip(arrived.results, views, strict=True))
        ]
        for answer, one in zip(arrived.results, painted, strict=True):
            self.strengths.take(Point(answer.result.seed, answer.result.eta or 0.0), one)
        self.sweep = self.sweep or tuple(painted)
        self.strengths.trim(kept_at_once(arrived.results[0].result.raster.nbytes))
        if arrived.job in self.asked:
            self._link.acknowledge(arrived.job)
        if arrived.job == self.job:
            self.job, self.trouble = "", False
            self.status = ""
        self._changed()

    # --- Keep --------------------------------------------------------------------------------------

    def name_of(self, point: Point) -> str:
        """What the layer of the answer at ``point`` is called."""
        seeds = self.strengths.seeds
        number = seeds.index(point.seed) + 1 if len(seeds) > 1 else None
        return strength_name(self.request.recipe.prompt, point.eta, number)

    @property
    def line(self) -> str:
        """What happens now, and which answer is shown until what is wanted is there."""
        shown = self.strengths.shown
        if not self.status or shown is None or self.strengths.complete:
            return self.status
        return tr("{status} (shown: {eta})", status=self.status, eta=f"{shown[0].eta:g}")

    def keep(self) -> None:
        """Something is to become a layer; ``kept`` or ``refuse`` follows."""
        self.note, self.placing = "", True
        self._changed()

    def kept(self, note: str) -> None:
        """``note``: what it became, in words."""
        self.note, self.placing = note, False
        self._changed()

    def refuse(self, error: OverpaintError) -> None:
        """Nothing could be kept."""
        self.kept(sentence(error))

    def _show(self, status: str) -> None:
        self.status = status
        self._changed()
