"""How long learning will take, asked of the server while a person still fills in the dialog. No gi."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator

from line import Line

from server.client import events
from server.client.submission import Submission
from server.client.translation import tr
from server.client.wording import estimate_line, sentence
from server.wire.errors import OverpaintError

QUIET_S = 0.6
"""What is asked for has to stay as it is for so long before it is asked about."""

BUDGET_S = 0.02
"""The picture's name is reckoned in turns of so long, so that the dialog does not stand still over a large one."""


class Forecast:
    """``request``: what would be sent now; None where there is nothing to ask about; may raise ``OverpaintError``."""

    def __init__(self, line: Line, request: Callable[[], Submission | None]) -> None:
        self.text = tr("Say what it should become; this line then says how long that takes.")
        self._line, self._request = line, request
        self._due: float | None = None
        self._reckoning: Generator[None, None, None] | None = None
        self._question = ""

    def change(self, now: float) -> None:
        """Something has changed on which it depends. ``now``: seconds, monotonic."""
        self._due = now + QUIET_S

    def ask(self, now: float) -> None:
        """Asks the server where it is time to, in turns of ``BUDGET_S``: call it often."""
        if self._line.welcome is None:
            return
        try:
            if self._due is not None and now >= self._due:
                self._due = None
                self._begin(self._request())
            self._reckon(time.monotonic() + BUDGET_S)
        except OverpaintError as error:
            self._reckoning = None
            self._tell(error)

    def _begin(self, request: Submission | None) -> None:
        self._question, self._reckoning = "", None
        if request is None:
            self.text = tr("Say what it should become; this line then says how long that takes.")
            return
        self.text = tr("Working out how long it takes…")
        self._reckoning = self._named(request)

    def _named(self, request: Submission) -> Generator[None, None, None]:
        yield from request.naming()
        self._question = self._line.link.estimate(request)

    def _reckon(self, until: float) -> None:
        while self._reckoning is not None:
            try:
                next(self._reckoning)
            except StopIteration:
                self._reckoning = None
            if time.monotonic() > until:
                return

    def hear(self, event: events.Event) -> None:
        """Only the answer to the last question counts."""
        if isinstance(event, events.Estimated) and event.question == self._question:
            self.text = estimate_line(event)
        elif isinstance(event, events.Failed) and event.job == self._question:
            self._tell(event.error)

    def _tell(self, error: OverpaintError) -> None:
        self.text = sentence(error)
