"""What was sent to one client and has not left yet: the pixels that a client which does not read would hold here."""

from __future__ import annotations

from collections import deque

import zmq

MOST_BYTES = 32 << 20
"""Four windows of credit. More is under way only to a client that grants credit for what it has not read."""


class Backlog:
    def __init__(self) -> None:
        self._waiting: deque[tuple[zmq.MessageTracker, int]] = deque()

    @property
    def nbytes(self) -> int:
        while self._waiting and self._waiting[0][0].done:
            self._waiting.popleft()
        return sum(nbytes for _, nbytes in self._waiting)

    def add(self, tracker: zmq.MessageTracker | None, nbytes: int) -> None:
        if tracker is not None:
            self._waiting.append((tracker, nbytes))
