"""A real server in a process of its own, and a hand on it for tests."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from server.client import events
from server.client.session import Session
from server.client.submission import Mask, Submission
from server.wire.connection import ConnectionFile, read_connection
from server.wire.errors import OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import JobState
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe

CHECKOUT = Path(__file__).resolve().parents[1]
PONDERING = {"PYTHONPATH": os.pathsep.join([str(CHECKOUT / "tests" / "pondering"), str(CHECKOUT)])}
"""The environment in which server and worker have the method ``ponder``, made for tests, and no bundled model."""

FOREIGN = CHECKOUT / "tests/foreign"
"""A stranger's package; ``every`` and ``further`` in it say how many of its methods are known: one of each role, or of
the roles that Overpaint has no method for."""

BUNDLED = {"OVERPAINT_TEST_BUNDLED": "1"}
"""Beside ``PONDERING``: with the bundled model."""

PATIENCE = 240.0
"""Seconds after which a test that waits gives up; far beyond what any wait takes even on a busy machine."""


def until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Waits until ``condition`` holds; fails the test with ``what`` otherwise."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"waited {patience:.0f} s for {what}"
        time.sleep(0.02)


class RunningServer:
    """``python -m server.cli serve`` for ``home``, answering when made. descriptors: as many as it may have."""

    def __init__(
        self,
        home: Path,
        *options: str,
        environment: dict[str, str] | None = None,
        descriptors: int | None = None,
    ) -> None:
        self.home = home
        self._few = [] if descriptors is None else ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh"]
        self._options = options
        self._environment = environment or {}
        self.start()

    def start(self) -> None:
        paths = os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")]))
        variables = {**os.environ, "PYTHONPATH": paths, "OVERPAINT_HOME": str(self.home), **self._environment}
        self.process = subprocess.Popen(self.command(), env=variables, cwd=self.home.parent)
        until(lambda: self._answers() or self.process.poll() is not None, "the server to answer")
        assert self.process.poll() is None, self.log()

    def command(self) -> list[str]:
        return [*self._few, sys.executable, "-m", "server.cli", "serve", *self._options]

    def _answers(self) -> bool:
        connection = read_connection(self.home / "connection.json")
        return connection is not None and connection.pid == self.process.pid

    @property
    def connection(self) -> ConnectionFile:
        connection = read_connection(self.home / "connection.json")
        assert connection is not None, "the server has no connection file"
        return connection

    @contextlib.contextmanager
    def client(self, name: str = "me") -> Iterator[Client]:
        client = Client(self.connection, name)
        try:
            yield client
        finally:
            client.close()

    def worker_pids(self) -> list[int]:
        """The processes that the server has started."""
        return [child.pid for child in psutil.Process(self.process.pid).children()]

    def kill(self) -> None:
        """As a crash would end it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def stop(self) -> int:
        """As a system would end it; returns the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(PATIENCE)

    def log(self) -> str:
        path = self.home / "logs" / "server.log"
        return path.read_text("utf-8") if path.exists() else "(no log)"


class Client:
    """A session, and everything it has heard: nothing that comes between two waits is lost."""

    def __init__(self, connection: ConnectionFile, name: str = "me") -> None:
        self.session = Session(connection, name, "tests")
        self.heard: list[events.Event] = []
        self._seen = 0
        self.wait_for(events.Welcomed)

    def start(self, submission: Submission) -> str:
        return self.session.start(submission)

    def wait_for(self, *kinds: type, job: str | None = None, patience: float = PATIENCE) -> Any:
        """The next event of one of ``kinds`` (of ``job``). Any other failure fails the test."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            while self._seen < len(self.heard):
                event = self.heard[self._seen]
                self._seen += 1
                if isinstance(event, kinds) and job in (None, getattr(event, "job", None)):
                    return event
                if isinstance(event, (events.EditFailed, events.ServerLost)):
                    raise AssertionError(f"{event.error.code.value}: {event.error}")
            self.session.wait(0.1)
            self.heard += self.session.poll()
        raise AssertionError(f"none of {[kind.__name__ for kind in kinds]} within {patience:.0f} s")

    def run(self, submission: Submission) -> events.Arrived:
        """The whole way of one edit, acknowledged."""
        arrived = self.wait_for(events.Arrived, job=self.start(submission))
        self.session.acknowledge(submission.job)
        assert isinstance(arrived, events.Arrived)
        return arrived

    def refused(self, submission: Submission) -> OverpaintError:
        """The error of an edit that has to fail."""
        failed = self.wait_for(events.EditFailed, job=self.start(submission))
        assert isinstance(failed, events.EditFailed)
        return failed.error

    def jobs(self) -> dict[str, JobState]:
        self.session.list_jobs()
        return {line.job: line.state for line in self.wait_for(events.Listed).jobs}

    def close(self) -> None:
        self.session.close()


def submission(
    method: str = "erase", width: int = 64, height: int = 48, *, seed: int = 1, keep: bool = True, **recipe: object
) -> Submission:
    """A small RGBA8 crop with a texture, and a square selection in its middle."""
    y, x = np.indices((height, width))
    pixels = np.stack([x * 3, y * 5, (x ^ y) * 7, np.full_like(x, 255)], axis=2).astype(np.uint8)
    mask = np.zeros((height, width), np.uint8)
    top, left = height // 3, width // 3
    mask[top : top + max(1, height // 4), left : left + max(1, width // 4)] = 255
    return Submission(
        Recipe(method, seed=seed, **recipe),  # type: ignore[arg-type]
        Raster(Bounds(0, 0, width, height), Channels.RGBA, Depth.U8),
        pixels.tobytes(),
        Mask(Depth.U8, mask.tobytes()),
        keep=keep,
    )
