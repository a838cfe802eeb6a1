"""The jobs behind the slider of edit strengths, over the line of this plug-in. No gi."""

from __future__ import annotations

from server.client import events
from server.client.blocking import Client
from server.client.explorer import Explorer
from server.client.strengths import Point
from server.client.submission import Submission
from server.wire.errors import OverpaintError

BUDGET_S = 0.02
"""One step of the link, in which the dialog stands still."""


class Renders(Explorer[None]):
    """``request`` made ``first``, the answers that are there from the beginning; ``shown``: the first edit strength to
    show."""

    def __init__(self, client: Client, request: Submission, first: events.Arrived, shown: float) -> None:
        super().__init__(client.link, request, Point(first.finished.results[0].seed, shown))
        self._client = client
        self._receive(first)
        client.link.acknowledge(first.job)

    def work(self, now: float, wait: float = 0.0) -> None:
        """Hears what has come, after waiting up to ``wait`` seconds for something, and asks for what is due at ``now``
        (seconds, monotonic). Call it often."""
        try:
            for event in self._client.listen(wait, BUDGET_S):
                if isinstance(event, events.Arrived):
                    self._receive(event)
                else:
                    self.hear(event)
            self.ask(now)
        except OverpaintError as error:
            self.fail(error)

    def _receive(self, arrived: events.Arrived) -> None:
        self.take(arrived, [None] * len(arrived.results))
