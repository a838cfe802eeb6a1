"""A thread that writes to the disk what has to be on it, one thing after the other: nobody else waits for a disk.

What was done is heard on the thread that asked, in ``hear``; ``select`` the scribe (it has a ``fileno``) to know when.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import socket
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from server.journal.disk import worded
from server.wire.errors import Code, OverpaintError

log = logging.getLogger(__name__)

Work = Callable[[], object]
Then = Callable[[OverpaintError | None], None]
"""Called when the work is done and on the disk, or with what the disk had against it."""

_MOST_AT_ONCE = 64


def nothing() -> None: ...


@dataclass(frozen=True)
class _Task:
    """work; then, with all that was asked at the same time, ``Scribe``'s commit; afterwards; last of all, on the thread
    that asked, then."""

    work: Work
    then: Then | None
    afterwards: Work


class Scribe:
    """commit: called on the thread after each handful of works, before anybody hears that they are done."""

    def __init__(self, name: str, commit: Work = nothing) -> None:
        self._commit = commit
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._done: deque[tuple[Then, OverpaintError | None]] = deque()
        self._ear, self._bell = socket.socketpair()
        for end in (self._ear, self._bell):
            end.setblocking(False)
        self._thread = threading.Thread(target=self._write, name=name, daemon=True)
        self._thread.start()

    def fileno(self) -> int:
        return self._ear.fileno()

    def do(self, work: Work = nothing, then: Then | None = None, afterwards: Work = nothing) -> None:
        """``work`` after all that was asked before; its ``OSError`` goes to ``then``."""
        self._tasks.put(_Task(work, then, afterwards))

    def hear(self) -> None:
        """Calls the ``then`` of all that is done; never waits."""
        with contextlib.suppress(BlockingIOError):
            self._ear.recv(1 << 12)
        while self._done:
            then, error = self._done.popleft()
            try:
                then(error)
            except Exception:  # one job's trouble is not the next one's
                log.exception("what follows on a write failed")

    def settle(self) -> None:
        """Waits until all is written that was asked up to now, and hears of it."""
        written = threading.Event()
        self.do(afterwards=written.set)
        written.wait()
        self.hear()

    def close(self) -> None:
        """What was asked is still written; nobody hears of it."""
        self._tasks.put(None)
        self._thread.join()
        self._ear.close()
        self._bell.close()

    def _write(self) -> None:
        while (first := self._tasks.get()) is not None:
            tasks, end = [first], False
            while len(tasks) < _MOST_AT_ONCE and not end and not self._tasks.empty():
                task = self._tasks.get()
                end = task is None
                tasks += [task] if task is not None else []
            errors = [_attempted(task.work) for task in tasks]
            _attempted(self._commit)
            self._done.extend((task.then, error) for task, error in zip(tasks, errors, strict=True) if task.then)
            for task in tasks:
                _attempted(task.afterwards)
            self._ring()
            if end:
                return

    def _ring(self) -> None:
        with contextlib.suppress(BlockingIOError):  # it has not been heard yet, so it will be
            self._bell.send(b"!")


def _attempted(work: Work) -> OverpaintError | None:
    try:
        work()
    except OverpaintError as error:
        return error
    except (OSError, sqlite3.Error) as error:
        log.error("the disk refused: %s", error)
        return worded(error)
    except Exception:  # a fault of ours in one job's write must not end all writing
        log.exception("a write failed")
        return OverpaintError(
            Code.INTERNAL, "Something went wrong inside the server.", "Its log says what: run “overpaint doctor”."
        )
    return None
