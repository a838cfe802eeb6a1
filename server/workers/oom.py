"""When the system itself ends a process because memory has run out (Linux; elsewhere nothing is known of it)."""

from __future__ import annotations

import logging
from pathlib import Path

log = logging.getLogger(__name__)

_STATISTICS = Path("/proc/vmstat")
_OWN_SCORE = Path("/proc/self/oom_score_adj")
_RATHER_ME = "700"


def killed_so_far() -> int:
    """How many processes the system has ended for want of memory since it started."""
    try:
        lines = _STATISTICS.read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def offer_oneself() -> None:
    """Where a process has to go, it is to be this one: the edit is run again, the picture in the host is not lost."""
    try:
        _OWN_SCORE.write_text(_RATHER_ME, "ascii")
    except OSError:
        log.debug("this system takes no wishes about whom to end when memory runs out")
