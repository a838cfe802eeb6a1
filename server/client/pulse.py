"""When to ask the server for a sign of life, and when its silence means that it hangs."""

from __future__ import annotations

from typing import ClassVar


class Pulse:
    """All times are ``time.monotonic`` seconds. A host that itself was busy must not blame the server for it: only
    silence after a question counts."""

    INTERVAL_S: ClassVar[float] = 0.5
    _SILENCE_S: ClassVar[float] = 1.5
    """After a question: with the interval before it, 2 s without a sign of life."""
    _GREETING_S: ClassVar[float] = 5.0

    def __init__(self, now: float) -> None:
        self._asked: float | None = now
        self._last_ping = now
        self._number = 0

    def alive(self, now: float) -> None:
        """Something came from the server."""
        self._asked = None

    def ping_due(self, now: float) -> bool:
        return now - self._last_ping >= self.INTERVAL_S

    def pinged(self, now: float) -> int:
        """A ping leaves now; returns its number."""
        self._last_ping = now
        self._asked = now if self._asked is None else self._asked
        self._number += 1
        return self._number

    def stopped(self, now: float, greeted: bool) -> bool:
        patience = self._SILENCE_S if greeted else self._GREETING_S
        return self._asked is not None and now - self._asked > patience
