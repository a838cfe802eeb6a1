"""How long something has been kept, whatever the system's clock says: that one may be wrong, and be set right."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

LONGEST_ABSENCE = 86400.0
"""Seconds for which a server that was not there counts at most. Whether it was away for a year or the clock was set
forward by one cannot be told apart, and nothing may be thrown away for the second."""


@dataclass(frozen=True)
class Mark:
    """A moment by both clocks: ``kept`` the journal's own, ``seen`` the system's (seconds since 1970)."""

    kept: float
    seen: float


class KeptTime:
    """Goes on from ``mark`` (None: begins now). While the server lives only the steady clock counts."""

    def __init__(
        self,
        mark: Mark | None,
        system: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._system, self._steady = system, steady
        now = system()
        mark = mark or Mark(now, now)
        self._base = mark.kept + min(max(0.0, now - mark.seen), LONGEST_ABSENCE)
        self._since = steady()

    @property
    def now(self) -> float:
        """Seconds; never less than before."""
        return self._base + self._steady() - self._since

    @property
    def mark(self) -> Mark:
        return Mark(self.now, self._system())
