"""How many connections there can be at once: each takes descriptors, of which a process has so many and no more."""

from __future__ import annotations

import sys
from dataclasses import dataclass

RESERVED = 160
"""Of the server itself: libraries, journal, spool, workers, and what comes faster than it can be cut."""

_OF_A_SESSION, _OF_A_VISIT = 2, 3
_FOR_VISITS = 16
"""One part in so many."""

_ENOUGH = 1 << 16
_UNKNOWN = 8192
"""Windows counts otherwise, and higher."""


@dataclass(frozen=True)
class Shares:
    """sessions: of this user's own hosts. visits: of other machines, at each of the two ports."""

    sessions: int
    visits: int


def shared(limit: int, sessions: int, visits: int) -> Shares:
    """As many as were asked for, where ``limit`` descriptors allow it. Own hosts have the larger part."""
    free = max(0, limit - RESERVED)
    visits = min(visits, free // _FOR_VISITS)
    return Shares(min(sessions, (free - 2 * _OF_A_VISIT * visits) // _OF_A_SESSION), visits)


if sys.platform == "win32":

    def limit() -> int:
        return _UNKNOWN

    def raise_limit() -> None:
        """Nothing to raise."""

else:
    import contextlib
    import resource

    def limit() -> int:
        """How many this process may have."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return _ENOUGH if soft == resource.RLIM_INFINITY else soft

    def raise_limit() -> None:
        """To as many as the system gives this user (the usual 1024, or 256, is meant for programs of old)."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        for wanted in (_ENOUGH, 10240):  # macOS says “infinity” and gives OPEN_MAX
            most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            if soft != resource.RLIM_INFINITY and soft < most:
                with contextlib.suppress(OSError, ValueError):
                    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
                    return
