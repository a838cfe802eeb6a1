"""How long learning will take, asked of the server while a person still writes. No clock and no host in it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from ..wire.errors import OverpaintError
from . import events
from .link import Link
from .submission import Submission
from .translation import tr
from .wording import estimate_line, sentence

QUIET_S = 0.6
"""What is asked for has to stay as it is for so long before it is asked about."""

Pause = TypeVar("Pause")
"""What reading a picture in pieces yields between them; the host's own."""


class Estimating:
    """``text``: what is known, in words; ``changed`` is called when it says something else. All times are seconds of
    one monotonic clock.

    A host says what would be asked for (``want``) and passes on what it hears. When it is ``due``, it does ``ask``, in
    pieces.
    """

    def __init__(self, link: Link, changed: Callable[[], object] = lambda: None) -> None:
        self.text = _nothing()
        self._link, self._changed = link, changed
        self._wish: object = None
        self._due: float | None = None
        self._question = ""

    @property
    def wanted(self) -> bool:
        """There is something to ask about."""
        return self._wish is not None

    @property
    def asking(self) -> bool:
        """A question waits for its answer; the link keeps it over a loss of the connection."""
        return bool(self._question)

    def want(self, wish: object, now: float) -> bool:
        """``wish``: what an estimate depends on, as far as that can be told without reading pixels (compared by
        ``==``); None: nothing to ask about yet. Whether that is something else than before."""
        if wish == self._wish:
            return False
        self._wish, self._question = wish, ""
        self._due = None if wish is None else now + QUIET_S
        self._show(_nothing() if wish is None else _under_way())
        return True

    def again(self, now: float) -> None:
        """What was answered may not be true any more."""
        if self._wish is not None:
            self._due = now

    def due(self, now: float) -> bool:
        """Whether to ``ask`` now."""
        return self._due is not None and now >= self._due

    def ask(self, read: Callable[[], Generator[Pause, None, Submission]]) -> Generator[Pause | None, None, None]:
        """Reads what would be sent, reckons its name and asks, in pieces. What is wanted meanwhile makes it void."""
        wish, self._due, self._question = self._wish, None, ""
        self._show(_under_way())
        try:
            request = yield from read()
            yield from request.naming()
        except OverpaintError as error:
            if wish == self._wish:
                self.fail(error)
            return
        if wish == self._wish:
            self._question = self._link.estimate(request)

    def hear(self, event: events.Event) -> None:
        """Only the answer to the last question counts."""
        if isinstance(event, events.Estimated) and event.question == self._question:
            self._question = ""
            self._show(estimate_line(event))
        elif isinstance(event, events.EditFailed) and event.job == self._question:
            self.fail(event.error)

    def fail(self, error: OverpaintError) -> None:
        self._question = ""
        self._show(sentence(error))

    def _show(self, text: str) -> None:
        if text != self.text:
            self.text = text
            self._changed()


def _nothing() -> str:
    return tr("Say what it should become; then it is said here how long that takes.")


def _under_way() -> str:
    return tr("Working out how long it takes…")
