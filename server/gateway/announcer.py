"""Telling those who wait their places: soon, but a few at a time, for each job that is taken moves all the others."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable

from server.gateway.job import Job
from server.gateway.jobs import JobTable
from server.wire.messages import JobState

_FEW = 64
"""While no more than so many wait, each hears of each change."""

_APART_S = 0.2
"""Else between two times at which places are looked at: oftener, nobody reads them."""

_AT_ONCE = 50
"""Who is told in one step of the loop; those who are next come first."""


class Announcer:
    """``tell`` is called with each job whose place has changed. order: the names of all that wait, lane by lane."""

    def __init__(
        self, table: JobTable, order: Callable[[], Iterable[list[str]]], tell: Callable[[Job], object]
    ) -> None:
        self._table, self._order, self._tell = table, order, tell
        self._moved = False
        self._apart = 0.0
        self._looked = 0.0
        self._due: deque[tuple[Job, int]] = deque()

    def moved(self, waiting: int) -> None:
        """Somebody came, went or was taken; so many wait now."""
        self._moved = True
        self._apart = _APART_S if waiting > _FEW else 0.0

    def pause(self, now: float, longest: float) -> float:
        """Seconds until there is something to tell (``now`` is monotonic)."""
        if self._due:
            return 0.0
        return min(longest, max(0.0, self._looked + self._apart - now)) if self._moved else longest

    def announce(self, now: float | None = None) -> None:
        """Call it often."""
        now = time.monotonic() if now is None else now
        if self._moved and not self._due and now - self._looked >= self._apart:
            self._moved, self._looked = False, now
            self._due.extend(self._changed())
        for _ in range(min(_AT_ONCE, len(self._due))):
            job, place = self._due.popleft()
            if job.state is JobState.QUEUED:
                job.place = place
                self._tell(job)

    def _changed(self) -> Iterable[tuple[Job, int]]:
        for names in self._order():
            waiting = (self._table.get(name) for name in names)  # a question is none of the table's
            for place, job in enumerate(job for job in waiting if job is not None):
                if job.place != place:
                    yield job, place
