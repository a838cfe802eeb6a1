"""What the installer prints, and the one error it ends with."""

from __future__ import annotations

import contextlib
import sys
from typing import TextIO

from server.wire.paths import Home
from server.wire.text import printable
from server.wire.trouble import of_os


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


def disk_full(about: str) -> InstallError:
    return InstallError(f"The disk is full ({about}). Free some space and run the same command again: it goes on.")


def of_os_error(error: OSError) -> InstallError:
    """What to say for an error of the system, wherever it came up."""
    home = Home.if_any()
    return InstallError(f"{of_os(error, home.path if home else None)} The same command then goes on.")
