"""A real server process that echoes, reached over real sockets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.client import events
from server.client.launch import find
from server.client.session import Session
from server.client.submission import Mask, Submission
from server.wire.connection import read_connection
from server.wire.geometry import Bounds
from server.wire.paths import Home
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe

CHECKOUT = Path(__file__).parents[2]
PATIENCE_S = 120.0


class EchoProcess:
    """``bench.echo_server`` for ``home``; ``wait_for`` polls a session until an event of a kind comes."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.echo_server", str(home), *(options or ("ipc",))],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def session(self, name: str = "me") -> Session:
        connection = read_connection(self.home / "connection.json")
        assert connection is not None
        return Session(connection, name, "test")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def close(self) -> None:
        self.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture
def echo(home: Path) -> Iterator[Callable[..., EchoProcess]]:
    """Starts an echo server for this test's home; all are ended after it."""
    running: list[EchoProcess] = []

    def start(*options: str) -> EchoProcess:
        running.append(EchoProcess(home, *options))
        return running[-1]

    yield start
    for server in running:
        server.close()


@pytest.fixture
def launchable(home: Path) -> Iterator[Path]:
    """A home whose launch file starts an echo server; what was started is ended after the test."""
    pids = home / "pids"
    script = (
        "import os, sys\n"
        f"with open({str(pids)!r}, 'a') as file: print(os.getpid(), file=file)\n"
        "from bench.echo_server import main\nmain()"
    )
    command = [sys.executable, "-c", script, str(home), "ipc"]
    (home / "launch.json").write_text(json.dumps({"command": command, "environment": {"PYTHONPATH": str(CHECKOUT)}}))
    yield home
    if find(Home.of_user()) is not None:  # by its lock, so that the number is still its own
        os.kill(started_pids(home)[-1], signal.SIGKILL)


def started_pids(home: Path) -> list[int]:
    path = home / "pids"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def collect(session: Session, until: Callable[[list[events.Event]], object]) -> list[events.Event]:
    """Polls until the collected events satisfy ``until``."""
    happened: list[events.Event] = []
    end = time.monotonic() + PATIENCE_S
    while not until(happened):
        assert time.monotonic() < end, happened[-10:]
        session.wait(0.1)
        happened += session.poll()
    return happened


def wait_for(session: Session, *kinds: type) -> events.Event:
    happened = collect(session, lambda events: events and isinstance(events[-1], kinds))
    return happened[-1]


def submission(side: int = 64, seed: int = 1, mask: bool = True) -> Submission:
    """A square of pixels that differ everywhere, with its middle selected."""
    pixels = bytes((seed + index * 7 + index // 251) % 256 for index in range(1 << 16))
    pixels = (pixels * (side * side * 4 // len(pixels) + 1))[: side * side * 4]
    quarter, half = side // 4, side // 2
    rest = side - quarter - half
    row = bytes(quarter) + b"\xff" * half + bytes(rest)
    selection = Mask(Depth.U8, bytes(side * quarter) + row * half + bytes(side * rest))
    raster = Raster(Bounds(-5, 7, side, side), Channels.BGRA, Depth.U8)
    return Submission(Recipe("echo", "a kite"), raster, pixels, selection if mask else None)
