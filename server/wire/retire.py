"""Asking the server of a folder to end, for one who speaks no ZeroMQ: by a file that it looks for.

No process is signalled: a number that was found in a file may be another program's by now.
"""

from __future__ import annotations

import time
from pathlib import Path

from .files import held

SERVER_LOCK = "server.lock"
_REQUEST = "please-end"


def ask_to_end(home: Path, patience: float = 20.0) -> bool:
    """Asks the server of ``home``, where one lives, and waits up to ``patience`` seconds. True when none lives now."""
    lock, request = home / SERVER_LOCK, home / _REQUEST
    until = time.monotonic() + patience
    if not held(lock):
        return True
    try:
        while held(lock):
            if time.monotonic() > until:
                return False
            request.touch()  # again and again: one that has just begun takes the first for an old one
            time.sleep(0.05)
        return True
    finally:
        request.unlink(missing_ok=True)


def asked_to_end(home: Path) -> bool:
    """Whether the server of ``home`` should end now."""
    return (home / _REQUEST).exists()


def forget_request(home: Path) -> None:
    """For a server that begins: it was meant for an earlier one."""
    (home / _REQUEST).unlink(missing_ok=True)
