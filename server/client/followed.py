"""One edit as a host follows it: where it stands, how far it is, and what is said of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from ..wire.errors import OverpaintError
from ..wire.recipe import Recipe
from . import events
from .progress import fraction_done
from .submission import new_job_id
from .translation import tr
from .wording import place_line, sentence, short_duration, stage_line


class Phase(Enum):
    """Where a job stands."""

    READING = "reading"
    STARTING = "starting"
    SENDING = "sending"
    WAITING = "waiting"
    WORKING = "working"
    RECEIVING = "receiving"
    PLACING = "placing"
    CHOOSING = "choosing"
    """Several answers are here for the user to keep some."""
    EXPLORING = "exploring"
    """The picture is learned, and the user tries edit strengths."""
    ORPHANED = "orphaned"
    """The answer is here and its document is not."""
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Nothing more happens by itself, and nothing is asked of the user."""
        return self in (Phase.DONE, Phase.FAILED, Phase.CANCELLED)

    @property
    def waits(self) -> bool:
        """For the user to keep something or to let it go."""
        return self in (Phase.CHOOSING, Phase.EXPLORING, Phase.ORPHANED)

    @property
    def settled(self) -> bool:
        """Nothing more happens by itself."""
        return self.over or self.waits


_ENDS = frozenset({Phase.FAILED, Phase.CANCELLED})
_AT_THE_SERVER = frozenset({Phase.STARTING, Phase.SENDING, Phase.WAITING, Phase.WORKING, Phase.RECEIVING})
"""In any order: a server that stopped is started again, and what it had may be sent anew."""

_FROM_THE_SERVER = _AT_THE_SERVER | {Phase.PLACING, Phase.CANCELLING} | _ENDS

TRANSITIONS: Mapping[Phase, frozenset[Phase]] = {
    Phase.READING: _AT_THE_SERVER | _ENDS,
    Phase.STARTING: _FROM_THE_SERVER,
    Phase.SENDING: _FROM_THE_SERVER,
    Phase.WAITING: _FROM_THE_SERVER,
    Phase.WORKING: _FROM_THE_SERVER,
    Phase.RECEIVING: _FROM_THE_SERVER,
    Phase.PLACING: _ENDS | {Phase.CHOOSING, Phase.EXPLORING, Phase.ORPHANED, Phase.DONE, Phase.CANCELLING},
    # A chosen answer may find its document closed; one without a document finds another, or again none.
    Phase.CHOOSING: frozenset({Phase.ORPHANED, Phase.DONE}),
    Phase.EXPLORING: frozenset(),
    Phase.ORPHANED: frozenset({Phase.ORPHANED, Phase.DONE}),
    # It stays so until it has ended: cancelled, or too late for that.
    Phase.CANCELLING: _ENDS | {Phase.DONE, Phase.ORPHANED},
    Phase.DONE: frozenset(),
    Phase.FAILED: frozenset(),
    Phase.CANCELLED: frozenset(),
}
"""Where a job can go from where it stands. What is heard too late, and would lead elsewhere, changes nothing."""


class Then(Enum):
    """What becomes of a job's answers."""

    KEEP = "keep"
    """All are layers at once; those of several edit strengths in a group."""
    CHOOSE = "choose"
    """Of several the user keeps some."""
    EXPLORE = "explore"
    """They are the first places on a slider of edit strengths."""


_STAGES: Mapping[Phase, Callable[[], str]] = {
    Phase.READING: lambda: tr("Reading the layer"),
    Phase.STARTING: lambda: tr("Starting the server"),
    Phase.SENDING: lambda: tr("Sending"),
    Phase.WAITING: lambda: place_line(0),
    Phase.WORKING: lambda: tr("Working"),
    Phase.RECEIVING: lambda: tr("Receiving"),
    Phase.PLACING: lambda: tr("Adding the layer"),
    Phase.CHOOSING: lambda: tr("Choose what to keep"),
    Phase.EXPLORING: lambda: tr("Move the slider, and keep what you like"),
    Phase.ORPHANED: lambda: tr("Kept for you"),
    Phase.CANCELLING: lambda: tr("Cancelling"),
    Phase.DONE: lambda: tr("Done"),
    Phase.FAILED: lambda: "",
    Phase.CANCELLED: lambda: tr("Cancelled"),
}


@dataclass
class Times:
    """Seconds on one clock: when it was asked for, when the answer was in the document."""

    asked: float = field(default_factory=time.monotonic)
    done: float | None = None

    @property
    def took(self) -> float:
        return (self.done or time.monotonic()) - self.asked


class FollowedJob:
    """``changed`` is called after every change of what is shown, ``settled`` when nothing more happens by itself.

    then: what becomes of the answers.
    fraction: how far it is, 0..1; None where that is not known.
    stage: where it stands, in words.
    notice: what is worth knowing beside that.
    """

    def __init__(
        self, recipe: Recipe, then: Then, changed: Callable[[], object], settled: Callable[[], object]
    ) -> None:
        self.id = new_job_id()
        self.recipe, self.then = recipe, then
        self.phase = Phase.READING
        self.fraction: float | None = None
        self.stage = _STAGES[Phase.READING]()
        self.error: OverpaintError | None = None
        self.notice = ""
        self.times = Times()
        self._ends: float | None = None
        self._changed, self._settled = changed, settled

    @property
    def seconds_left(self) -> float | None:
        return None if self._ends is None else max(0.0, self._ends - time.monotonic())

    @property
    def line(self) -> str:
        """Where it stands, in words: ``Painting · 0:38 left``."""
        if self.phase is Phase.DONE:
            return f"{tr('Done')} · {short_duration(self.times.took)}"
        if self.phase is Phase.FAILED and self.error is not None:
            return sentence(self.error)
        return stage_line(self.stage, self.seconds_left)

    def enter(self, phase: Phase, fraction: float | None = None, stage: str = "") -> None:
        """Changes where it stands, as far as ``TRANSITIONS`` allows that."""
        if phase not in TRANSITIONS[self.phase]:
            return
        if phase.settled and not self.phase.settled:
            self.times.done = time.monotonic()
        self.phase, self.fraction = phase, fraction
        self.stage = stage or _STAGES[phase]()
        if phase is not Phase.WORKING:
            self._ends = None
        self._changed()
        if phase.settled:
            self._settled()

    def fail(self, error: OverpaintError) -> None:
        if Phase.FAILED in TRANSITIONS[self.phase]:
            self.error = error
            self.enter(Phase.FAILED)

    def hear(self, event: events.Event) -> None:
        """What the server says of this job while it is under way."""
        if isinstance(event, events.Uploading):
            self.enter(Phase.SENDING, event.fraction)
        elif isinstance(event, events.Queued):
            self.enter(Phase.WAITING, None, place_line(event.place))
        elif isinstance(event, events.Progressed):
            self._ends = None if event.seconds_left is None else time.monotonic() + event.seconds_left
            self.enter(Phase.WORKING, fraction_done(event), event.stage)
        elif isinstance(event, events.Downloading):
            self.enter(Phase.RECEIVING, event.fraction)
