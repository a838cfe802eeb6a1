"""The gateway's side of the workers: one process per device, started, watched and started again. Torch-free."""

from __future__ import annotations

import collections
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import zmq

from server.wire.messages import Estimate
from server.workers import link, oom
from server.workers.threads import PASSIVE

log = logging.getLogger(__name__)

AUTO = "auto"
"""The device that torch finds best."""

_SILENT_AFTER = 120.0
"""Seconds without a beat after which a worker counts as hung. Long: native code may keep the interpreter to itself."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a worker that died without becoming ready is started again; doubled each time."""

_LAST_WORDS = 20
_LONGEST_WORDS = 2000
"""Letters of one line, so that the log keeps its bound."""

_KILLED = -int(getattr(signal, "SIGKILL", 9))


class Worker:
    """One process and what it is doing. ``job`` is None while it is idle."""

    def __init__(self, number: int, device: str) -> None:
        self.number = number
        self.device = device
        self.title = ""
        self.ready = False
        self.job: str | None = None
        self.stop_by: float | None = None
        self.heard = 0.0
        self.killed_before = 0
        self.start_at = 0.0
        self.failures = 0
        self.starved = False
        """Its last process was ended by the system because memory ran out."""
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def idle(self) -> bool:
        return self.ready and self.job is None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def run(self, job: str, folder: Path, careful: bool = False) -> None:
        self.job = job
        self._order(link.Run(job, str(folder), careful))

    def stop(self, grace: float) -> None:
        """Ask it to give its job up; if it has not within ``grace`` seconds, ``Pool.tick`` ends the process."""
        if self.job is not None and self.stop_by is None:
            self.stop_by = time.monotonic() + grace
            self._order(link.Stop(self.job))

    def ask(self, question: Estimate) -> None:
        self._order(question)

    def unload(self) -> None:
        if self.ready:
            self._order(link.Unload())

    def done(self) -> None:
        """It reported the end of its job."""
        self.job = self.stop_by = None

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()

    def _order(self, order: link.Order) -> None:
        if self.process is None or self.process.stdin is None:
            return
        try:
            link.write(self.process.stdin, order)  # type: ignore[arg-type]  # Popen types it IO, it is a BinaryIO
        except OSError:
            log.info("worker %d is gone; its reader will say so", self.number)


class Pool:
    """Poll ``socket``, then call ``receive``; call ``tick`` about each half second."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], home: Path, device: str = AUTO) -> None:
        self._context = context
        self._home = home
        self._endpoint = f"inproc://workers-{id(self)}"
        self.socket = context.socket(zmq.PULL)
        self.socket.setsockopt(zmq.RCVHWM, 0)
        self.socket.bind(self._endpoint)
        self._closing = False
        self.workers = [Worker(0, device)]
        self.problem = ""

    @property
    def device(self) -> str:
        """For people: ``CPU``, ``NVIDIA H200`` …; empty until torch has said."""
        return ", ".join(worker.title for worker in self.workers if worker.title)

    def idle(self) -> Worker | None:
        return next((worker for worker in self.workers if worker.idle), None)

    def running(self, job: str) -> Worker | None:
        return next((worker for worker in self.workers if worker.job == job), None)

    def tick(self, now: float) -> None:
        """Starts what is due; ends what is hung or did not stop when asked."""
        for worker in self.workers:
            if worker.process is None:
                if now >= worker.start_at:
                    self._start(worker, now)
            elif now - worker.heard > _SILENT_AFTER or (worker.stop_by is not None and now > worker.stop_by):
                log.warning("worker %d does not react and is ended", worker.number)
                worker.stop_by = None
                worker.heard = now
                worker.kill()

    def receive(self) -> list[tuple[Worker, link.Note, bytes]]:
        """What the workers reported since the last call, oldest first; never waits."""
        reports = []
        while (frames := self._next()) is not None:
            number, header, payload = frames
            worker = self.workers[int(number)]
            note = link.unpack(header)
            worker.heard = time.monotonic()
            self._note(worker, note)
            reports.append((worker, note, payload))
        return reports  # type: ignore[return-value]  # a worker sends notes, never orders

    def _next(self) -> list[bytes] | None:
        try:
            return self.socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return None

    def close(self) -> None:
        """Ends all workers: the end of their orders first, force after a moment."""
        self._closing = True
        living = [worker.process for worker in self.workers if worker.process is not None]
        for process in living:
            if process.stdin:
                _close_quietly(process)
        for process in living:
            try:
                process.wait(2.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.socket.close()

    def _note(self, worker: Worker, note: link.Order | link.Note) -> None:
        if isinstance(note, link.Ready):
            worker.ready, worker.failures, self.problem = True, 0, ""
        elif isinstance(note, link.Devices):
            self._meet(worker, note)
        elif isinstance(note, link.Died):
            self._bury(worker, note)

    def _meet(self, worker: Worker, found: link.Devices) -> None:
        worker.title = found.title
        if worker.device == AUTO and worker.number == 0 and found.names:
            worker.device = found.names[0]
            for name in found.names[1:]:
                if name.startswith(found.names[0].split(":")[0] + ":"):
                    self.workers.append(Worker(len(self.workers), name))

    def _bury(self, worker: Worker, died: link.Died) -> None:
        log.warning("worker %d ended with status %d", worker.number, died.status)
        if not worker.ready:
            worker.failures += 1
            self.problem = f"The part of the server that does the work does not start ({died.last_words})."
        worker.starved = died.status == _KILLED and oom.killed_so_far() > worker.killed_before
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**worker.failures) if worker.failures else 0.0
        worker.start_at = time.monotonic() + pause
        worker.process, worker.ready, worker.stop_by = None, False, None

    def _start(self, worker: Worker, now: float) -> None:
        command = [sys.executable, "-m", "server.workers.process", "--device", worker.device]
        try:
            process = _spawn(command, self._home)
        except OSError as error:
            worker.failures += 1
            worker.start_at = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**worker.failures)
            self.problem = f"The part of the server that does the work cannot be started ({error})."
            return
        worker.process, worker.heard, worker.killed_before = process, now, oom.killed_so_far()
        words: collections.deque[str] = collections.deque(maxlen=_LAST_WORDS)
        ears = threading.Thread(target=_keep_words, args=(worker.number, process, words), daemon=True)
        ears.start()
        threading.Thread(target=self._listen, args=(worker.number, process, ears, words), daemon=True).start()

    def _listen(
        self,
        number: int,
        process: subprocess.Popen[bytes],
        ears: threading.Thread,
        words: collections.deque[str],
    ) -> None:
        """In a thread of its own: passes a worker's reports on to the poller, its end as the last one."""
        socket = self._context.socket(zmq.PUSH)
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect(self._endpoint)
        try:
            while process.stdout and (frame := link.read(process.stdout)) is not None:  # type: ignore[arg-type]
                socket.send_multipart([b"%d" % number, *frame])
            status = process.wait()
            ears.join(1.0)
            if not self._closing:
                died = link.Died(status, words[-1] if words else f"status {status}")
                socket.send_multipart([b"%d" % number, link.pack(died), b""])
        finally:
            socket.close()


def _keep_words(number: int, process: subprocess.Popen[bytes], words: collections.deque[str]) -> None:
    """In a thread of its own: what a worker and its libraries print goes to the server's log."""
    for line in process.stderr or ():
        text = line.decode("utf-8", "replace").rstrip()[:_LONGEST_WORDS]
        if text:
            words.append(text)
            log.info("worker %d: %s", number, text)


def _close_quietly(process: subprocess.Popen[bytes]) -> None:
    try:
        process.stdin.close()  # type: ignore[union-attr]  # the caller saw that it is there
    except OSError:
        log.debug("a worker was gone before its orders were closed")


def _spawn(command: list[str], home: Path) -> subprocess.Popen[bytes]:
    """In a session of its own: a Ctrl-C in the server's terminal is for the server, which ends its workers itself."""
    house = str(Path(__file__).resolve().parents[2])
    paths = [house, *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**PASSIVE, **os.environ, "PYTHONPATH": os.pathsep.join(paths), "OVERPAINT_HOME": str(home)},
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
