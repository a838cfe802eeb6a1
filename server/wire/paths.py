"""Where Overpaint keeps its files on this machine; the same answer for a host, the server and the command line."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from .errors import Code, OverpaintError


@dataclass(frozen=True)
class Home:
    """The folder of everything Overpaint keeps for one user, and what lies where in it. path: absolute.

    It is passed in wherever a file is looked for. Only where a process begins (the command line, a worker, a plugin) is
    it read from the environment.
    """

    path: Path

    @classmethod
    def of_user(cls) -> Home:
        """``OVERPAINT_HOME``, or the system's place for it. Always absolute: a server that is started from here has
        another current folder. Raises ``OverpaintError`` where there is none, as for an account without a home."""
        return cls(_of_user())

    @classmethod
    def if_any(cls) -> Home | None:
        """As ``of_user``, for words about an error that came up before: None where there is none."""
        try:
            return cls.of_user()
        except (OSError, OverpaintError):
            return None

    @property
    def connection(self) -> Path:
        """Written by a running server (mode 0600), read by every client."""
        return self.path / "connection.json"

    @property
    def launch(self) -> Path:
        """How to start the server on this machine: ``{"command": [...], "environment": {...}}``, written by
        install.py."""
        return self.path / "launch.json"

    @property
    def remote(self) -> Path:
        """Put here by ``overpaint trust``: the connection file of a server on another machine, used instead of our
        own."""
        return self.path / "remote.json"

    @property
    def models(self) -> Path:
        """One folder per installed model."""
        return self.path / "models"

    @property
    def loras(self) -> Path:
        """One file per word that was taught, or imported."""
        return self.path / "loras"

    @property
    def spool(self) -> Path:
        """One folder per job: what was uploaded, and the answer until it is acknowledged."""
        return self.path / "spool"

    @property
    def learned(self) -> Path:
        """What the server has learned of pictures; may be deleted at any time."""
        return self.path / "learned"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def clients(self) -> Path:
        """What hosts remember from one run to the next."""
        return self.path / "clients"


def _of_user() -> Path:
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
        raise _no_home_folder() from None


def _user() -> Path:
    try:
        return _absolute(Path.home())
    except RuntimeError:
        raise _no_home_folder() from None


def _no_home_folder() -> OverpaintError:
    return OverpaintError(
        Code.BAD_REQUEST,
        "This account has no home folder, so Overpaint has no place for its files.",
        "Set OVERPAINT_HOME to a folder of your own.",
    )
