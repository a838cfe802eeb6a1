"""How long learning will take, asked of the server while a person still writes the words, in Qt's loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

from . import canvas
from .controller import Controller
from .qt import QObject, QTimer, pyqtSignal
from .request import crop_of, edited_part, submission_of
from .server.client.estimate import QUIET_S, Estimating
from .server.client.reading import Reading
from .server.client.submission import Submission
from .server.wire.geometry import Bounds
from .server.wire.messages import Welcome
from .server.wire.recipe import Recipe


@dataclass(frozen=True)
class EstimateKey:
    """What would be asked for now, as far as it can be told apart without reading pixels."""

    recipe: Recipe
    document_id: str
    node_id: str
    selection: Bounds | None
    reading: Reading


class LiveEstimate(QObject):
    """``changed``: ``text`` says something else now."""

    changed = pyqtSignal()

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self._asked = Estimating(controller.link, self.changed.emit)
        self._read: Callable[[], Generator[bool | None, None, Submission]] | None = None
        self._welcome: Welcome | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._ask)
        controller.answered.connect(self._asked.hear)
        controller.job_settled.connect(self._again)
        controller.server_changed.connect(self._server_changed)

    @property
    def text(self) -> str:
        return self._asked.text

    def want(self, key: EstimateKey | None, capture: Callable[[], canvas.KritaSource]) -> None:
        """``key``: None where there are no words yet. ``capture`` is called when it is time to ask."""
        if not self._asked.want(key, time.monotonic()):
            return
        self._timer.stop()
        if key is not None:
            self._read = lambda: _reading(key.recipe, capture)
            self._timer.start(round(1000 * QUIET_S))

    def _again(self) -> None:
        """What was learned meanwhile makes an answer out of date, the picture's own above all."""
        self._asked.again(time.monotonic())
        if self._asked.wanted:
            self._timer.start(0)

    def _ask(self) -> None:
        if self._read is not None and self._asked.wanted:
            self._controller.loop.work(self._asked.ask(self._read), self._asked.fail)

    def _server_changed(self) -> None:
        """Another server, or one that is here again, is asked anew; a question that waits for one the link keeps."""
        before, self._welcome = self._welcome, self._controller.link.welcome
        if not self._asked.wanted or self._welcome is before:
            return
        if self._welcome is not None and not self._asked.asking:
            self._again()
        if self._controller.server is not None and not self._controller.starting:
            self._asked.fail(self._controller.server)


def _reading(recipe: Recipe, capture: Callable[[], canvas.KritaSource]) -> Generator[bool | None, None, Submission]:
    """Reads what would be sent, in pieces."""
    source = capture()
    crop = crop_of(source, recipe)
    pixels = yield from canvas.read(source, crop, edited_part(source, recipe, crop))
    return submission_of(recipe, pixels)
