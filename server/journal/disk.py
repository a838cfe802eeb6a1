"""What a disk can do to us, worded for the person whose job it was."""

from __future__ import annotations

import contextlib
import errno
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from server.wire.errors import Code, OverpaintError

log = logging.getLogger(__name__)

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def disk_errors() -> Iterator[None]:
    """``OSError`` and ``sqlite3.Error`` leave as ``OverpaintError`` (disk-full, internal)."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        log.error("the disk refused: %s", error)
        raise worded(error) from error


def worded(error: OSError | sqlite3.Error) -> OverpaintError:
    number = error.errno if isinstance(error, OSError) else None
    if number in _FULL or (number is None and "full" in str(error)):
        return OverpaintError(
            Code.DISK_FULL,
            "The server's disk is full.",
            "Free some space on the disk that holds Overpaint's files, then try again.",
        )
    return OverpaintError(
        Code.INTERNAL,
        f"The server cannot write its files ({error}).",
        "Run “overpaint doctor”: it checks the folder and its permissions.",
    )


def unused(path: Path) -> Path:
    """``path``, or with the first number behind its stem that makes it a name nothing has."""
    number, found = 1, path
    while found.exists():
        number += 1
        found = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return found
