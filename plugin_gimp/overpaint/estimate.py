"""How long learning will take, asked of the server while a person still fills in the dialog. No gi."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator

from server.client import events
from server.client.blocking import Client
from server.client.estimate import Estimating
from server.client.submission import Submission

BUDGET_S = 0.02
"""The picture's name is reckoned in turns of so long, so that the dialog does not stand still over a large one."""


class PolledEstimate:
    """``request``: what would be sent now; may raise ``OverpaintError``."""

    def __init__(self, client: Client, request: Callable[[], Submission]) -> None:
        self._client, self._request = client, request
        self._asked = Estimating(client.link)
        self._work: Generator[None, None, None] | None = None

    @property
    def text(self) -> str:
        return self._asked.text

    def want(self, key: object, now: float) -> None:
        """``key``: all that it depends on; None where there is nothing to ask about. ``now``: seconds, monotonic."""
        self._asked.want(key, now)

    def hear(self, event: events.Event) -> None:
        self._asked.hear(event)

    def ask(self, now: float) -> None:
        """Asks the server where it is time to, in turns of ``BUDGET_S``: call it often."""
        if self._client.welcome is None:
            return
        if self._asked.due(now):
            self._work = self._asked.ask(self._read)
        until = time.monotonic() + BUDGET_S
        while self._work is not None and time.monotonic() < until:
            try:
                next(self._work)
            except StopIteration:
                self._work = None

    def _read(self) -> Generator[None, None, Submission]:
        yield
        return self._request()
