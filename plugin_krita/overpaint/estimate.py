"""How long learning will take, asked of the server while a person still writes the words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import canvas
from .controller import Desk
from .qt import QObject, QTimer, pyqtSignal
from .request import crop_of, edited_part, submission_of
from .server.client import events
from .server.client.reading import Reading
from .server.client.translation import tr
from .server.client.wording import estimate_line, sentence
from .server.wire.errors import OverpaintError
from .server.wire.geometry import Bounds
from .server.wire.messages import Welcome
from .server.wire.recipe import Recipe
from .tasks import Work

QUIET_S = 0.6
"""What is asked for has to stay as it is for so long before it is asked about."""


@dataclass(frozen=True)
class Wish:
    """What would be asked for now, as far as it can be told apart without reading pixels."""

    recipe: Recipe
    document_id: str
    node_id: str
    selection: Bounds | None
    reading: Reading


class Forecast(QObject):
    """``changed``: ``text`` says something else now."""

    changed = pyqtSignal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.text = tr("Say what it should become; then it is said here how long that takes.")
        self._desk = desk
        self._wish: Wish | None = None
        self._capture: Callable[[], canvas.Source] | None = None
        self._question = ""
        self._welcome: Welcome | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._ask)
        desk.answered.connect(self._hear)
        desk.job_settled.connect(self._job_settled)
        desk.server_changed.connect(self._server_changed)

    def want(self, wish: Wish | None, capture: Callable[[], canvas.Source]) -> None:
        """``wish``: None where there are no words yet. ``capture`` is called when it is time to ask."""
        if wish == self._wish:
            return
        self._wish, self._capture, self._question = wish, capture, ""
        if wish is None:
            self._timer.stop()
            self._say(tr("Say what it should become; then it is said here how long that takes."))
        else:
            self._say(tr("Working out how long it takes…"))
            self._timer.start(round(1000 * QUIET_S))

    def _ask(self) -> None:
        wish, capture = self._wish, self._capture
        if wish is None or capture is None:
            return
        self._say(tr("Working out how long it takes…"))
        self._question = ""
        try:
            source = capture()
        except OverpaintError as error:
            self._fail(error)
            return
        self._desk.work(self._question_of(wish, source), lambda error: self._failed(wish, error))

    def _question_of(self, wish: Wish, source: canvas.Source) -> Work:
        """Reads what would be sent and reckons its name, in strips."""
        crop = crop_of(source, wish.recipe)
        pixels = yield from canvas.read(source, crop, edited_part(source, wish.recipe, crop))
        request = submission_of(wish.recipe, pixels)
        yield from request.naming()
        if wish == self._wish:
            self._question = self._desk.link.estimate(request)

    def _server_changed(self) -> None:
        """Another server, or one that is here again, is asked anew; a question that waits for one the link keeps."""
        before, self._welcome = self._welcome, self._desk.link.welcome
        if self._wish is None or self._welcome is before:
            return
        if self._welcome is not None and not self._question:
            self._timer.start(0)
        if self._desk.server is not None and not self._desk.starting:
            self._fail(self._desk.server)

    def _job_settled(self) -> None:
        """What was learned meanwhile makes an answer out of date, the picture's own above all."""
        if self._wish is not None:
            self._timer.start(0)

    def _hear(self, event: events.Estimated | events.Failed) -> None:
        """Only the answer to the last question counts."""
        if isinstance(event, events.Estimated) and event.question == self._question:
            self._question = ""
            self._say(estimate_line(event))
        elif isinstance(event, events.Failed) and event.job == self._question:
            self._fail(event.error)

    def _failed(self, wish: Wish, error: OverpaintError) -> None:
        if wish == self._wish:
            self._fail(error)

    def _fail(self, error: OverpaintError) -> None:
        self._question = ""
        self._say(sentence(error))

    def _say(self, text: str) -> None:
        if text != self.text:
            self.text = text
            self.changed.emit()
