"""Where Overpaint keeps its files on this machine; the same answer for a host, the server and the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def home() -> Path:
    """The folder of everything Overpaint keeps for this user: ``OVERPAINT_HOME``, or the system's place for it."""
    chosen = os.environ.get("OVERPAINT_HOME")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "overpaint"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "overpaint"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "overpaint"


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
