"""One edit as the docker shows it: where it stands, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from . import canvas
from .exploring import Exploring
from .qt import QImage, QObject, pyqtSignal
from .server.client import events
from .server.client.submission import Submission, new_job_id
from .server.client.translation import tr
from .server.client.wording import place_line, sentence, short_duration, stage_line
from .server.wire.errors import OverpaintError
from .server.wire.geometry import Bounds
from .server.wire.recipe import Recipe


class Phase(Enum):
    READING = "reading"
    STARTING = "starting"
    SENDING = "sending"
    WAITING = "waiting"
    WORKING = "working"
    RECEIVING = "receiving"
    PLACING = "placing"
    CHOOSING = "choose"
    """Several answers are here for the user to keep some."""
    EXPLORING = "explore"
    """The picture is learned, and the user tries edit strengths."""
    HOMELESS = "kept"
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
        return self in (Phase.CHOOSING, Phase.EXPLORING, Phase.HOMELESS)

    @property
    def settled(self) -> bool:
        """Nothing more happens by itself."""
        return self.over or self.waits


class Then(Enum):
    """What becomes of a job's answers."""

    KEEP = "keep"
    """All are layers at once; those of several edit strengths in a group."""
    CHOOSE = "choose"
    """Of several the user keeps some."""
    EXPLORE = "explore"
    """They are the first places on a slider of edit strengths."""


_STAGES: dict[Phase, Callable[[], str]] = {
    Phase.READING: lambda: tr("Reading the layer"),
    Phase.STARTING: lambda: tr("Starting the server"),
    Phase.SENDING: lambda: tr("Sending"),
    Phase.WAITING: lambda: place_line(0),
    Phase.WORKING: lambda: tr("Working"),
    Phase.RECEIVING: lambda: tr("Receiving"),
    Phase.PLACING: lambda: tr("Adding the layer"),
    Phase.CHOOSING: lambda: tr("Choose what to keep"),
    Phase.EXPLORING: lambda: tr("Move the slider, and keep what you like"),
    Phase.HOMELESS: lambda: tr("Kept for you"),
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


class Job(QObject):
    """``changed`` follows every change of what is shown; ``settled`` comes when nothing more happens by itself.

    then: what becomes of the answers. nodes: the layers that were made; node_ids: their names in their document.
    exploring: the slider of edit strengths, once there is one.
    """

    changed = pyqtSignal()
    settled = pyqtSignal()

    def __init__(self, recipe: Recipe, source: canvas.Source, crop: Bounds, then: Then = Then.CHOOSE) -> None:
        super().__init__()
        self.id = new_job_id()
        self.recipe = recipe
        self.source = source
        self.crop = crop
        self.then = then
        self.phase = Phase.READING
        self.fraction: float | None = None
        self.stage = tr("Reading the layer")
        self.preview: QImage | None = None
        self.pixels: canvas.Pixels | None = None
        self.submission: Submission | None = None
        self.arrived: events.Arrived | None = None
        self.error: OverpaintError | None = None
        self.notice = ""
        self.nodes: list[canvas.Node] = []
        self.node_ids: list[str] = []
        self.before: QImage | None = None
        self.afters: list[QImage] = []
        self.kept: set[int] = set()
        self.exploring: Exploring | None = None
        self.acknowledged = False
        self.times = Times()
        self._ends: float | None = None

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
        """Changes where it stands. A job that is being cancelled stays so until it has ended."""
        if self.phase is Phase.CANCELLING and not phase.over:
            return
        if phase.settled and not self.phase.settled:
            self.times.done = time.monotonic()
        self.phase, self.fraction = phase, fraction
        self.stage = stage or _STAGES[phase]()
        if phase is not Phase.WORKING:
            self._ends = None
        self.changed.emit()
        if phase.settled:
            self.settled.emit()

    def fail(self, error: OverpaintError) -> None:
        self.error = error
        self.enter(Phase.FAILED)

    def hear(self, event: events.Event) -> None:
        """What the server says of this job while it is under way."""
        if isinstance(event, events.Uploading):
            self.enter(Phase.SENDING, event.fraction)
        elif isinstance(event, events.Queued):
            self.enter(Phase.WAITING, None, place_line(event.place))
        elif isinstance(event, events.Progressed):
            self._progressed(event)
        elif isinstance(event, events.Downloading):
            self.enter(Phase.RECEIVING, event.fraction)

    def _progressed(self, event: events.Progressed) -> None:
        self._ends = None if event.seconds_left is None else time.monotonic() + event.seconds_left
        if event.preview is not None:
            row = 3 * event.preview_width
            shown = QImage(event.preview, event.preview_width, event.preview_height, row, QImage.Format.Format_RGB888)
            self.preview = shown.copy()  # the bytes are not ours to keep
        fraction = event.step / event.of if event.of else None
        self.enter(Phase.WORKING, fraction, event.stage)
