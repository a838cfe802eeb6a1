"""One worker of this machine as the server sees it: its process, what it was told, and what it said. Torch-free."""

from __future__ import annotations

import collections
import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from server.wire.errors import OverpaintError
from server.wire.messages import Estimate
from server.wire.surroundings import for_own_code
from server.workers import link, oom
from server.workers.orders import Orders
from server.workers.runner import Slot, Task
from server.workers.threads import PATIENT

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a worker that died without becoming ready is started again; doubled each time."""

_LAST_WORDS = 20
_LONGEST_WORDS = 2000
"""Letters of one line, so that the log keeps its bound."""

_KILLED = -int(getattr(signal, "SIGKILL", 9))

Frame = tuple[bytes, bytes]
"""A note's header, and its payload."""


class Worker(Slot):
    """The slot of one device, and its process. light: for what needs no model; it lives only while there is such
    work."""

    def __init__(self, number: int, device: str, light: bool = False) -> None:
        super().__init__(number, light)
        self.device = device
        self.wanted = not light
        self.rested = 0.0
        self.stop_by: float | None = None
        self.heard = 0.0
        self.start_at = 0.0
        self.failures = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._orders: Orders | None = None
        self._killed_before = 0

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def run(self, task: Task) -> None:
        self.work = task.job
        self._order(link.Run(task.job, task.files.reference, task.guest, task.low_memory))

    def stop(self, grace: float) -> None:
        """Ask it to give its job up by ``stop_by``."""
        if self.work is not None and self.stop_by is None:
            self.stop_by = time.monotonic() + grace
            self._order(link.Stop(self.work))

    def skip(self) -> None:
        if self.work is not None:
            self._order(link.SkipPart(self.work))

    def ask(self, question: Estimate) -> None:
        self.work = question.question
        self._order(question)

    def unload(self) -> None:
        if self.ready:
            self._order(link.Unload())

    def done(self) -> None:
        """It reported the end of its job, or answered its question."""
        self.work = self.stop_by = None
        self.rested = time.monotonic()

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()

    def dismiss(self) -> None:
        """It ends as soon as it has read what it was told."""
        self.wanted = self.ready = False
        self.end_orders()

    def end_orders(self) -> None:
        if self._orders is not None:
            self._orders.end()

    def start(self, home: Path, now: float, hand_over: Callable[[int, Iterator[Frame]], None]) -> str:
        """Starts its process; what it says, and its end, goes to ``hand_over`` in a thread of its own. Returns why it
        cannot be started, which is tried again later."""
        command = [sys.executable, "-m", "server.workers.process", "--device", self.device]
        try:
            process = _spawn(command, home)
        except OSError as error:
            self.failures += 1
            self.start_at = now + self._pause()
            return f"The part of the server that does the work cannot be started ({error})."
        self.process, self.heard, self._killed_before = process, now, oom.killed_so_far()
        self._orders = Orders(process)
        threading.Thread(target=hand_over, args=(self.number, _said(self.number, process)), daemon=True).start()
        return ""

    def bury(self, died: link.Died) -> link.Died:
        """Its process has ended; it is to be started again after a pause. Returns the report with what it was at."""
        log.warning("worker %d ended with status %d", self.number, died.status)
        self.wanted = not self.light
        if not self.ready and not (self.light and died.status == 0):
            self.failures += 1
        killed = died.status == _KILLED and oom.killed_so_far() > self._killed_before
        report = link.Died(died.status, died.last_words, self.work or "", killed)
        self.start_at = time.monotonic() + self._pause()
        self.end_orders()
        self.done()
        self.process, self._orders, self.ready, self.loaded = None, None, False, frozenset()
        return report

    def _pause(self) -> float:
        return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**self.failures) if self.failures else 0.0

    def _order(self, order: link.Order) -> None:
        if self._orders is not None:
            self._orders.give(order)


def _said(number: int, process: subprocess.Popen[bytes]) -> Iterator[Frame]:
    """Its frames until it ends, and its end as the last one."""
    words: collections.deque[str] = collections.deque(maxlen=_LAST_WORDS)
    ears = threading.Thread(target=_keep_words, args=(number, process, words), daemon=True)
    ears.start()
    yield from _frames(process)
    status = process.wait()
    ears.join(1.0)
    yield link.pack(link.Died(status, words[-1] if words else f"status {status}")), b""


def _frames(process: subprocess.Popen[bytes]) -> Iterator[Frame]:
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
        env={**PATIENT, **variables, "OVERPAINT_HOME": str(home)},
        cwd=home,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
