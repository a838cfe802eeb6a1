"""Finds the server of this user, and starts it when none runs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..wire import codec
from ..wire.connection import ConnectionFile, read_connection, server_lives
from ..wire.errors import Code, OverpaintError
from ..wire.files import LockFile, private_folder
from ..wire.paths import Home
from ..wire.surroundings import cleaned
from ..wire.trouble import of_os
from ..wire.words import mark
from . import sandbox
from .translation import tr

_PATIENCE_S = 60.0
_DOCTOR = mark("Run: python3 install.py doctor")
_INSTALL = mark("Run: python3 install.py install")

_started: list[subprocess.Popen[bytes]] = []
"""Kept so that a server which ends before its host does not stay a zombie: starting another reaps them."""


@dataclass(frozen=True)
class LaunchFile:
    """How to start the server on this machine, as install.py wrote it."""

    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


class Launch:
    """One search for a server, step by step, so that a host's window stays alive: call ``poll`` until it gives a
    connection. Of several hosts that search at once one starts the server, and all find that one."""

    def __init__(self, home: Home, clock: Callable[[], float] = time.monotonic) -> None:
        self._home = home
        self._clock = clock
        self._until = clock() + _PATIENCE_S
        self._lock = LockFile(home.path / "launch.lock")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def starting(self) -> bool:
        """This host has started the server and waits for it."""
        return self._process is not None

    def poll(self) -> ConnectionFile | None:
        """The connection, or None: ask again in about 20 ms. Raises ``OverpaintError`` (unreachable)."""
        try:
            found = find(self._home)
            if found is None:
                self._go_on()
        except OSError as error:
            self.close()
            raise of_os(error, self._home.path) from error
        except OverpaintError:
            self.close()
            raise
        if found is not None:
            self.close()
        return found

    def close(self) -> None:
        """Gives up the search; a server already started goes on."""
        self._lock.release()

    def _go_on(self) -> None:
        if self._clock() > self._until:
            raise _did_not_start(self._home, f"It did not answer within {_PATIENCE_S:.0f} seconds.")
        if self._process is not None:
            self._watch(self._process)
        elif not self._lives() and self._lock.take() and not self._lives():
            self._process = start_server(self._home)

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is not None and not self._lives():
            raise _did_not_start(self._home, f"It ended at once (code {process.returncode}).")

    def _lives(self) -> bool:
        return server_lives(self._home.path)


def find(home: Home) -> ConnectionFile | None:
    """The connection of a running server (or of the one on another machine that a person chose), None when there is
    none. A file left by a crashed server does not count: its lock is free."""
    remote = read_connection(home.remote)
    if remote is not None:
        return remote
    return read_connection(home.connection) if server_lives(home.path) else None


def start_server(home: Home) -> subprocess.Popen[bytes]:
    """Starts the installed server on its own: it outlives this host, and its words go to a log file."""
    launch = _launch_file(home)
    private_folder(home.logs)
    with log_file(home).open("wb") as log:
        try:
            process = _detached(launch, home.path, log.fileno())
        except OSError as error:
            raise _did_not_start(home, f"{error}.") from error
    _started[:] = [earlier for earlier in _started if earlier.poll() is None]
    _started.append(process)
    return process


def _launch_file(home: Home) -> LaunchFile:
    path = home.launch
    try:
        launch = codec.from_text(LaunchFile, path.read_bytes(), path.name)
    except FileNotFoundError:
        hint = sandbox.what_helps() or _INSTALL
        raise OverpaintError(Code.UNREACHABLE, "Overpaint's server is not installed for this user.", hint) from None
    except OverpaintError:
        raise OverpaintError(Code.UNREACHABLE, tr("{path} cannot be read.", path=path), _INSTALL) from None
    if not launch.command:
        raise OverpaintError(Code.UNREACHABLE, tr("{path} names no command.", path=path), _INSTALL)
    return launch


def log_file(home: Home) -> Path:
    return home.logs / "server-output.log"


def _detached(launch: LaunchFile, home: Path, log: int) -> subprocess.Popen[bytes]:
    windows = 0
    if sys.platform == "win32":
        windows = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    own = {"OVERPAINT_HOME": str(home), **launch.environment}
    return subprocess.Popen(
        sandbox.outside(launch.command, own, home) or launch.command,
        env={**cleaned(), "PYTHONSAFEPATH": "1", **own},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd=home,
        start_new_session=True,
        creationflags=windows,
    )


def _did_not_start(home: Home, why: str) -> OverpaintError:
    hint = sandbox.what_helps() or tr("{help} (its log: {path})", help=tr(_DOCTOR), path=log_file(home))
    return OverpaintError(Code.UNREACHABLE, tr("The server did not start. {why}", why=why), hint)
