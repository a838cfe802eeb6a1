"""Where Overpaint keeps its files on this machine; the same answer for a host, the server and the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .errors import Code, OverpaintError


def home() -> Path:
    """The folder of everything Overpaint keeps for this user: ``OVERPAINT_HOME``, or the system's place for it. Always
    absolute: a server that is started from here has another current folder. Raises ``OverpaintError`` where there is
    none, as for an account without a home."""
    chosen = os.environ.get("OVERPAINT_HOME")
    if chosen:
        return _absolute(Path(chosen))
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or _user() / "AppData" / "Local") / "overpaint"
    if sys.platform == "darwin":
        return _user() / "Library" / "Application Support" / "overpaint"
    data = os.environ.get("XDG_DATA_HOME", "")
    # A relative one has to be ignored, says the XDG specification.
    return (Path(data) if Path(data).is_absolute() else _user() / ".local" / "share") / "overpaint"


def _absolute(path: Path) -> Path:
    try:
        return Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - resolve() would follow links, absolute() keeps ".."
    except RuntimeError:
        raise _homeless() from None


def _user() -> Path:
    try:
        return _absolute(Path.home())
    except RuntimeError:
        raise _homeless() from None


def _homeless() -> OverpaintError:
    return OverpaintError(
        Code.BAD_REQUEST,
        "This account has no home folder, so Overpaint has no place for its files.",
        "Set OVERPAINT_HOME to a folder of your own.",
    )


def connection_file() -> Path:
    """Written by a running server (mode 0600), read by every client."""
    return home() / "connection.json"


def launch_file() -> Path:
    """How to start the server on this machine: ``{"command": [...], "environment": {...}}``, written by install.py."""
    return home() / "launch.json"


def models() -> Path:
    """One folder per installed model."""
    return home() / "models"


def spool() -> Path:
    """One folder per job: what was uploaded, and the answer until it is acknowledged."""
    return home() / "spool"


def learned() -> Path:
    """What the server has learned of pictures; may be deleted at any time."""
    return home() / "learned"


def logs() -> Path:
    return home() / "logs"


def remote_file() -> Path:
    """Put here by ``overpaint trust``: the connection file of a server on another machine, used instead of our own."""
    return home() / "remote.json"
