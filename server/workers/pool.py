"""The gateway's side of the workers: one process per device, started, watched and started again. Torch-free."""

from __future__ import annotations

import collections
import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import psutil
import zmq

from server.wire.errors import OverpaintError
from server.wire.messages import Estimate
from server.wire.surroundings import for_own_code
from server.workers import link, oom
from server.workers.orders import Orders
from server.workers.runner import JobFiles
from server.workers.threads import PASSIVE

log = logging.getLogger(__name__)

AUTO = "auto"
"""The device that torch finds best."""

SILENT_AFTER_S = 120.0
"""Without a beat for so long, a worker counts as hung. Long: native code may keep the interpreter to itself."""

LIGHT_RESTS_S = 60.0
_STARTS_IN_S = 10.0
_LIGHT_NUMBER = -1
_LIGHT_NEEDS = 1 << 30
"""Bytes of memory that have to be free before the light worker is started; else its work waits for another one."""

_ASLEEP_S = 5.0
"""Between two ticks: then the gateway itself stood still, and has not read yet what the workers said meanwhile."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a worker that died without becoming ready is started again; doubled each time."""

_LAST_MOMENT_S = 2.0
"""For all workers to end by themselves when the server does."""

_LAST_WORDS = 20
_LONGEST_WORDS = 2000
"""Letters of one line, so that the log keeps its bound."""

_KILLED = -int(getattr(signal, "SIGKILL", 9))


class Worker:
    """One process and what it is doing: a ``job``, or a ``question`` (the name it goes by here), or neither. light: for
    what needs no model; it lives only while there is such work."""

    def __init__(self, number: int, device: str, light: bool = False) -> None:
        self.number = number
        self.device = device
        self.light = light
        self.wanted = not light
        self.rested = 0.0
        self.title = ""
        self.ready = False
        self.job: str | None = None
        self.question: str | None = None
        self.stop_by: float | None = None
        self.heard = 0.0
        self.killed_before = 0
        self.start_at = 0.0
        self.failures = 0
        self.starved = False
        """Its last process was ended by the system because memory ran out."""
        self.process: subprocess.Popen[bytes] | None = None
        self.orders: Orders | None = None

    @property
    def idle(self) -> bool:
        return self.ready and self.job is None and self.question is None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def run(self, job: str, files: JobFiles, guest: str = "", low_memory: bool = False) -> None:
        self.job = job
        self._order(link.Run(job, files.reference, guest, low_memory))

    def stop(self, grace: float) -> None:
        """Ask it to give its job up; if it has not within ``grace`` seconds, ``Pool.tick`` ends the process."""
        if self.job is not None and self.stop_by is None:
            self.stop_by = time.monotonic() + grace
            self._order(link.Stop(self.job))

    def ask(self, question: Estimate) -> None:
        self.question = question.question
        self._order(question)

    def unload(self) -> None:
        if self.ready:
            self._order(link.Unload())

    def done(self) -> None:
        """It reported the end of its job, or answered its question."""
        self.job = self.question = self.stop_by = None
        self.rested = time.monotonic()

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()

    def _order(self, order: link.Order) -> None:
        if self.orders is not None:
            self.orders.give(order)


class Pool:
    """Poll ``socket``, then call ``receive``; call ``tick`` about each half second. silent_after: seconds after which a
    worker that says nothing is ended, and another started in its place. light_rests: seconds without work after which
    the light worker ends."""

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        home: Path,
        device: str = AUTO,
        silent_after: float = SILENT_AFTER_S,
        light_rests: float = LIGHT_RESTS_S,
    ) -> None:
        self._silent_after, self._light_rests = silent_after, light_rests
        self._ticked = time.monotonic()
        self._context = context
        self._home = home
        self._endpoint = f"inproc://workers-{id(self)}"
        self.socket = context.socket(zmq.PULL)
        self.socket.setsockopt(zmq.RCVHWM, 0)
        self.socket.bind(self._endpoint)
        self._closing = False
        self.workers = [Worker(0, device)]
        self.light = Worker(_LIGHT_NUMBER, link.LIGHT, light=True)
        self.problem = ""

    @property
    def everyone(self) -> tuple[Worker, ...]:
        """Those of the devices, and the light one, which need not live."""
        return *self.workers, self.light

    @property
    def device(self) -> str:
        """For people: ``CPU``, ``NVIDIA H200`` …; empty until torch has said."""
        return ", ".join(worker.title for worker in self.workers if worker.title)

    def idle(self, light: bool = False) -> Worker | None:
        """light: for work that any worker can do, the light one first."""
        able = [self.light, *self.workers] if light else self.workers
        return next((worker for worker in able if worker.idle), None)

    def want_light(self) -> None:
        """There is work for the light worker: it is started, where there is memory for one more process, and none
        that is just starting will do it as soon."""
        now = time.monotonic()
        coming = any(
            worker.process and not worker.ready and now - worker.heard < _STARTS_IN_S for worker in self.workers
        )
        if not self.light.wanted and not coming and psutil.virtual_memory().available > _LIGHT_NEEDS:
            self.light.wanted = True
            self.tick(now)

    def running(self, job: str) -> Worker | None:
        return next((worker for worker in self.everyone if worker.job == job), None)

    def tick(self, now: float) -> None:
        """Starts what is due, one process at a time; ends what is hung or did not stop when asked."""
        started = False
        if now - self._ticked > _ASLEEP_S:
            self._give_time(now)
        self._ticked = now
        for worker in self.everyone:
            if worker.process is None:
                if worker.wanted and now >= worker.start_at and not started:
                    self._start(worker, now)
                    started = True
            elif worker.light and worker.idle and now - worker.rested > self._light_rests:
                self._dismiss(worker)
            elif now - worker.heard > self._silent_after or (worker.stop_by is not None and now > worker.stop_by):
                log.warning("worker %d does not react and is ended", worker.number)
                worker.stop_by = None
                worker.heard = now
                worker.kill()

    def _dismiss(self, worker: Worker) -> None:
        log.info("worker %d ends: nothing has been asked of it for a while", worker.number)
        worker.wanted = worker.ready = False
        if worker.orders is not None:
            worker.orders.end()

    def _give_time(self, now: float) -> None:
        """What stood still was the gateway: nobody's silence counts, nor the time in which a worker was to stop."""
        for worker in self.everyone:
            worker.heard = now
            if worker.stop_by is not None:
                worker.stop_by += now - self._ticked

    def receive(self) -> list[tuple[Worker, link.Note, bytes]]:
        """What the workers reported since the last call, oldest first; never waits. A worker whose words make no sense
        is ended: its process is not what it was."""
        reports = []
        while (frames := self._next()) is not None:
            number, header, payload = frames
            worker = self.light if int(number) == _LIGHT_NUMBER else self.workers[int(number)]
            try:
                note = link.unpack_note(header)
            except OverpaintError:
                log.error("worker %d said what is no report, and is ended", worker.number)
                worker.kill()
                continue
            worker.heard = time.monotonic()
            self._note(worker, note)
            reports.append((worker, note, payload))
        return reports

    def _next(self) -> list[bytes] | None:
        try:
            return self.socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return None

    def close(self) -> None:
        """Ends all workers: the end of their orders first, force after a moment."""
        self._closing = True
        living = [worker.process for worker in self.everyone if worker.process is not None]
        for worker in self.everyone:
            if worker.orders is not None:
                worker.orders.end()
        until = time.monotonic() + _LAST_MOMENT_S
        for process in living:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.socket.close()

    def _note(self, worker: Worker, note: link.Order | link.Note) -> None:
        if isinstance(note, link.Ready):
            worker.ready, worker.failures, worker.rested, self.problem = True, 0, time.monotonic(), ""
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
        worker.wanted = not worker.light
        if not worker.ready and not (worker.light and died.status == 0):
            worker.failures += 1
            if not worker.light:
                self.problem = f"The part of the server that does the work does not start ({died.last_words})."
        worker.starved = died.status == _KILLED and oom.killed_so_far() > worker.killed_before
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**worker.failures) if worker.failures else 0.0
        worker.start_at = time.monotonic() + pause
        if worker.orders is not None:
            worker.orders.end()
        worker.process, worker.orders, worker.ready, worker.stop_by = None, None, False, None

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
        worker.orders = Orders(process)
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
            for frame in _frames(process):
                socket.send_multipart([b"%d" % number, *frame])
            status = process.wait()
            ears.join(1.0)
            if not self._closing:
                died = link.Died(status, words[-1] if words else f"status {status}")
                socket.send_multipart([b"%d" % number, link.pack(died), b""])
        finally:
            socket.close()


def _frames(process: subprocess.Popen[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Until it ends; one that writes what is no frame is ended."""
    stream = cast(BinaryIO, process.stdout)
    try:
        while (frame := link.read(stream)) is not None:
            yield frame
    except OverpaintError:
        process.kill()


def _keep_words(number: int, process: subprocess.Popen[bytes], words: collections.deque[str]) -> None:
    """In a thread of its own: what a worker and its libraries print goes to the server's log."""
    for line in process.stderr or ():
        text = line.decode("utf-8", "replace").rstrip()[:_LONGEST_WORDS]
        if text:
            words.append(text)
            log.info("worker %d: %s", number, text)


def _spawn(command: list[str], home: Path) -> subprocess.Popen[bytes]:
    """In a session of its own: a Ctrl-C in the server's terminal is for the server, which ends its workers itself."""
    variables = for_own_code(Path(__file__).resolve().parents[2])
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**PASSIVE, **variables, "OVERPAINT_HOME": str(home)},
        cwd=home,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
