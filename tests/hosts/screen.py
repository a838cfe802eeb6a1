"""A screen without a monitor for the GUI tests: Xvfb, a window manager, a session bus, keys and screenshots."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.hosts.host import Host, end

PATIENCE = 240.0
"""Seconds after which a wait gives up; far beyond what it takes even on a busy machine."""

_STILL_S = 1.0
"""What has not changed for so long is taken for drawn."""


@dataclass(frozen=True)
class Screen:
    """``environment``: what a program started on this screen needs (DISPLAY and the session bus)."""

    host: Host
    environment: dict[str, str]

    def start(self, command: Sequence[str | Path], log: object = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Start a program on this screen; ``tests.hosts.host.end`` it when done."""
        return self.host.start(command, env=self.environment, log=log)

    def run(self, *command: str, timeout: float = 120, check: bool = True) -> str:
        """Run a short command on this screen (``xdotool``, …) and return what it printed."""
        return self.host.run(command, env=self.environment, timeout=timeout, check=check).output

    def wait_for_window(self, name: str, timeout: float = PATIENCE) -> str:
        """The id of the first visible window whose title matches ``name`` (a regular expression).

        Raises TimeoutError with the titles that were there instead.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            found = self.run("xdotool", "search", "--onlyvisible", "--name", name, check=False).split()
            if found and all(word.isdigit() for word in found):  # else a window went while it looked
                return found[-1]
            time.sleep(0.3)
        raise TimeoutError(f"no window {name!r} within {timeout} s; there were {self.titles()}")

    def titles(self) -> list[str]:
        """The titles of all visible windows."""
        script = "for w in $(xdotool search --onlyvisible --name .); do xdotool getwindowname $w; done"
        return self.run("sh", "-c", script, check=False).splitlines()

    def keys(self, *keys: str) -> None:
        """Press keys, in xdotool's names ("ctrl+z", "Escape"), in the window that has the focus."""
        self.run("xdotool", "key", "--clearmodifiers", *keys)

    def settle(self, window: str, shown: Path | None = None) -> None:
        """Waits until ``window`` no longer changes, and leaves a screenshot of the screen then at ``shown``."""
        last, deadline = b"", time.monotonic() + PATIENCE
        while (seen := self._seen(window)) != last:
            if time.monotonic() > deadline:
                raise TimeoutError(f"what {window} shows does not come to rest")
            last = seen
            time.sleep(_STILL_S)
        if shown is not None:
            self.screenshot(shown)

    def _seen(self, window: str) -> bytes:
        inside = self.host.work / "seen.ppm"
        self.run("import", "-window", window, str(inside))
        return inside.read_bytes()

    def screenshot(self, path: Path) -> Path:
        """The whole screen as a PNG at ``path`` (on this machine)."""
        inside = self.host.work / "screenshot.png"
        self.run("import", "-window", "root", str(inside))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(inside.read_bytes())
        return path


@contextmanager
def screen(host: Host, size: str = "1400x1000") -> Iterator[Screen]:
    """A running screen of ``size`` with openbox and a session bus; ended at the end."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        display = _first_line(
            host, started, ["Xvfb", "-displayfd", "{fd}", "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
        )
        environment = {"DISPLAY": f":{display}"}
        bus = _first_line(host, started, ["dbus-daemon", "--session", "--nofork", "--print-address={fd}"])
        environment["DBUS_SESSION_BUS_ADDRESS"] = bus
        started.append(_window_manager(host, environment))
        yield Screen(host, environment)
    finally:
        for process in reversed(started):
            end(process)


def _window_manager(host: Host, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A running openbox: a window that comes while it starts may never be shown."""
    ready = host.work / "window-manager"
    ready.unlink(missing_ok=True)
    process = host.start(["openbox", "--startup", f"touch {ready}"], env=environment)
    deadline = time.monotonic() + PATIENCE
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("openbox did not start")
        time.sleep(0.05)
    return process


def _first_line(host: Host, started: list[subprocess.Popen[bytes]], command: Sequence[str]) -> str:
    """Start ``command``; what it writes to standard output (its ``{fd}``) once it is ready."""
    read, write = os.pipe()
    with os.fdopen(read) as answer:
        with os.fdopen(write, "wb") as out:
            quiet = ["sh", "-c", 'exec "$@" 2>/dev/null', "sh", *(part.format(fd=1) for part in command)]
            started.append(host.start(quiet, log=out))
        line = answer.readline().strip()
    if not line:
        raise RuntimeError(f"{command[0]} did not start")
    return line
