"""The three processes of an edit on a stage of their own, all real: a host, the server it starts, and its worker."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.faults.client import APPLICATION, IMAGIC, LEARN, MODEL, Document
from server.client import events
from server.client.identity import client_id
from server.client.link import Link
from server.wire.connection import read_connection
from server.wire.messages import JobState
from server.wire.paths import Home
from tests.pondering import learn
from tests.running import CHECKOUT, PONDERING, submission

UPLOADING, QUEUED, TUNING, DENOISING, SPOOLING, DOWNLOADING = PHASES = (
    "uploading", "queued", "tuning", "denoising", "spooling", "downloading",
)  # fmt: skip
CLIENT, GATEWAY, WORKER = VICTIMS = ("client", "gateway", "worker")

PATIENCE = 180.0
"""Seconds after which an edit counts as lost; an undisturbed one takes two, or twenty where it is the real Imagic."""

_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""More would only get into each other's way in pictures this small."""

_PHASE_OF = {
    "Uploading": UPLOADING,
    "Queued": QUEUED,
    learn.LEARNING: TUNING,
    learn.PAINTING: DENOISING,
    "Matching the colours": SPOOLING,
    "Downloading": DOWNLOADING,
}


@dataclass(frozen=True)
class Word:
    """What a host said: the phase it is in ("" for one that is none of ours), how far, and when (monotonic)."""

    phase: str
    fraction: float
    at: float
    what: str


class Playing:
    """One run of the host's process."""

    def __init__(self, home: Path, job: str, seed: int, document: Path, method: str) -> None:
        command = [sys.executable, "-m", "bench.faults.client", job, str(seed), str(document), method]
        environment = {**os.environ, "OVERPAINT_HOME": str(home), "PYTHONPATH": str(CHECKOUT)}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        self.words: list[Word] = []
        self.failure = ""
        self._silent = False
        self._heard: queue.SimpleQueue[Word | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def next(self, patience: float = PATIENCE) -> Word | None:
        """What it says next; None when it has ended. Raises ``queue.Empty`` after ``patience`` seconds of silence."""
        if self._silent:
            return None
        word = self._heard.get(timeout=patience)
        if word is None:
            self._silent = True
        else:
            self.words.append(word)
        return word

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def drain(self) -> None:
        """Takes what is said already."""
        with contextlib.suppress(queue.Empty):
            while self.next(0.0) is not None:
                pass

    def end(self, patience: float = PATIENCE) -> bool:
        """Waits for the end of the process; True when it got its answer. One that hangs is killed."""
        until = time.monotonic() + patience
        try:
            while self.next(max(0.0, until - time.monotonic())) is not None:
                pass
        except queue.Empty:
            self.kill()
        return self.process.wait() == 0

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            said = json.loads(line)
            if said["what"] == "failed":
                self.failure = said["code"]
            phase = _PHASE_OF.get(said["what"], "")
            self._heard.put(Word(phase, said.get("fraction", 0.0), time.monotonic(), said["what"]))
        self._heard.put(None)


@dataclass
class Stage:
    """``home`` of the server, and in the folder ``desk`` the document into which all answers go."""

    home: Path
    desk: Path
    method: str = LEARN
    document: Document = field(init=False)
    clock: Path = field(init=False)
    """By how many seconds the server's clock is wrong, where there is such a file."""

    def __post_init__(self) -> None:
        self._document = self.desk / "document"
        self.clock = self.desk / "clock"
        self.document = Document(self._document)
        self.home.mkdir(mode=0o700, exist_ok=True)
        command = [sys.executable, "-m", "server.cli", "serve", "--device", "cpu"]
        environment = {**PONDERING, **_ONE_THREAD, "OVERPAINT_TEST_CLOCK": str(self.clock)}
        launch = {"command": command, "environment": environment}
        (self.home / "launch.json").write_text(json.dumps(launch))
        os.environ["OVERPAINT_HOME"] = str(self.home)

    def play(self, job: str, seed: int) -> Playing:
        return Playing(self.home, job, seed, self._document, self.method)

    def pid(self, victim: str) -> int:
        """Of the gateway or its worker; waits for one that is just being started."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(psutil.NoSuchProcess, LookupError):
                return self._pid(victim)
            time.sleep(0.02)
        raise SystemExit(f"there is no {victim}")

    def _pid(self, victim: str) -> int:
        connection = read_connection(self.home / "connection.json")
        if connection is None:
            raise LookupError
        if victim == GATEWAY:
            return connection.pid
        return int(
            next(
                child.pid
                for child in psutil.Process(connection.pid).children()
                if "server.workers.process" in child.cmdline() and child.status() != psutil.STATUS_ZOMBIE
            )
        )

    def unlearn(self) -> int:
        """How many steps of learning were done since the last call, those done twice counted twice. What was learned
        is forgotten, so that the next edit learns it again."""
        folder = self.home / "learned"
        steps = folder / "steps"
        count = len(steps.read_text().splitlines()) if steps.exists() else 0
        shutil.rmtree(folder, ignore_errors=True)
        return count

    def kept(self) -> dict[str, JobState]:
        """What the server still keeps for the host."""
        link = Link(APPLICATION, Home(self.home))
        link.list_jobs()
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            link.wait(0.2)
            for event in link.poll():
                if isinstance(event, events.Listed):
                    link.close()
                    return {line.job: line.state for line in event.jobs}
        raise SystemExit("the server does not say what it keeps")

    def end(self) -> None:
        """Ends the server in good order."""
        connection = read_connection(self.home / "connection.json")
        if connection is not None and psutil.pid_exists(connection.pid):
            process = psutil.Process(connection.pid)
            process.terminate()
            psutil.wait_procs([process], timeout=20)


class Blocker:
    """Another host whose long edit keeps the worker busy, so that ours stands in the queue until ``close``."""

    def __init__(self, home: Path) -> None:
        self._link = Link("blocker", Home(home))
        self._link.start(submission("ponder", steps=500, keep=False))
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self._link.wait(0.2)
            if any(isinstance(event, events.Progressed) for event in self._link.poll()):
                return
        raise SystemExit("the worker does not begin")

    def close(self) -> None:
        self._link.close()


@contextlib.contextmanager
def stage(home: Path | None = None, method: str = LEARN) -> Iterator[Stage]:
    """Its server is ended, and everything removed, afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="op-"))
    here = Stage(home or folder / "home", folder, method)
    if method == IMAGIC:
        _install_model(here.home, folder)
    client_id(here.home, APPLICATION)
    try:
        yield here
    finally:
        here.end()
        shutil.rmtree(folder, ignore_errors=True)


def _install_model(home: Path, folder: Path) -> None:
    """A tiny one, of random weights."""
    from server.models.store.store import ModelStore
    from tests import tiny_models

    tiny_models.install(MODEL, ModelStore(home / "models"), folder)


def new_job() -> str:
    return uuid.uuid4().hex
