"""What the installer prints, and the one error it ends with."""

from __future__ import annotations

import contextlib
import errno
import sys
from typing import TextIO

from server.wire.text import printable


class InstallError(Exception):
    """Something a person has to put right; the text says what and how."""


def say(line: str) -> None:
    _print(line, sys.stdout)


def warn(line: str) -> None:
    _print(f"! {line}", sys.stderr)


def _print(text: str, stream: TextIO) -> None:
    """Line by line, without what a terminal would obey, in whatever letters the stream can take."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    lines = "\n".join(printable(line) for line in text.split("\n"))
    with contextlib.suppress(BrokenPipeError):  # whoever read along has gone: the work goes on
        print(lines.encode(encoding, "replace").decode(encoding), file=stream, flush=True)


FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), 112}  # 112: ERROR_DISK_FULL of Windows
_FULL_WORDS = ("No space left on device", "os error 28", "os error 112", "Disk quota exceeded")


def disk_full(about: str) -> InstallError:
    return InstallError(f"The disk is full ({about}). Free some space and run the same command again: it goes on.")


def of_os_error(error: OSError) -> InstallError:
    """What to say for an error of the system, wherever it came up."""
    place = error.filename or "Overpaint's folder"
    if error.errno in FULL or getattr(error, "winerror", None) in FULL:
        return disk_full(str(place))
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return InstallError(
            f"{place} cannot be written or read ({error.strerror}). Make it yours, or set OVERPAINT_HOME to a folder "
            "of your own, and run the same command again."
        )
    return InstallError(f"{place}: {error.strerror or error}. Put that right and run the same command again.")


def says_full(words: str) -> bool:
    """Whether the words of another program mean that the disk is full."""
    return any(sign in words for sign in _FULL_WORDS)
