"""Whether somebody fills the gateway's memory: libzmq counts messages and not their frames, so that one message which
never ends is held here as far as it has come."""

from __future__ import annotations

import psutil

MOST_BYTES = 1 << 30
"""The gateway itself needs some 50 MB, and each connection may have 17 MB of unread messages here."""

_LOOK_S = 0.25
_GROWTH_BYTES = 16 << 20


class Memory:
    def __init__(self, most: int = MOST_BYTES) -> None:
        self._process = psutil.Process()
        self._most = most
        self._looked = self._before = 0.0

    def grows_too_large(self, now: float) -> bool:
        """Whether it is beyond its limit and still growing: what was freed stays the process's own for a while."""
        if now - self._looked < _LOOK_S:
            return False
        held, before = int(self._process.memory_info().rss), self._before
        self._looked, self._before = now, held
        return held > self._most and held > before + _GROWTH_BYTES
