"""Runners from outside. A file and its entry point are all that one needs."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Iterator
from typing import NoReturn

from server.models.store.store import ModelStore
from server.wire.errors import Code, OverpaintError
from server.wire.messages import Cancelled, Estimate, Estimated, Failed, Finished
from server.wire.paths import Home
from server.workers import link
from server.workers.executor import Executor, Wishes
from server.workers.local_runner import LocalRunner
from server.workers.runner import RunnerOptions, Slot, Task
from server.workers.worker import Worker


class PairRunner(LocalRunner):
    """Two worker processes on one CPU, as a machine with two cards has them."""

    def __init__(self, options: RunnerOptions) -> None:
        super().__init__(options)
        self.workers = [Worker(number, "cpu") for number in range(2)]


class ThreadRunner:
    """As many threads of the server's own process as its address says (``threads://2``), for what needs no model."""

    problem = ""

    def __init__(self, options: RunnerOptions) -> None:
        self._store = ModelStore(Home(options.home).models)
        self._said: queue.SimpleQueue[tuple[Slot, link.Note, bytes]] = queue.SimpleQueue()
        self._bell, self._ring = socket.socketpair()
        self._bell.setblocking(False)
        self._wishes = Wishes()
        self._work: list[queue.SimpleQueue[Task | Estimate | None]] = []
        self.slots = [Slot(number) for number in range(int(options.address or 1))]
        for slot in self.slots:
            self._work.append(queue.SimpleQueue())
            threading.Thread(target=self._serve, args=(slot,), daemon=True).start()

    @property
    def wake(self) -> int:
        return self._bell.fileno()

    def run(self, slot: Slot, task: Task) -> None:
        slot.work = task.job
        self._work[slot.number].put(task)

    def ask(self, slot: Slot, question: Estimate) -> None:
        slot.work = question.question
        self._work[slot.number].put(question)

    def stop(self, slot: Slot, grace: float) -> None:
        """Force there is none against a thread."""
        self._wishes.stopped.add(slot.work or "")

    def skip(self, slot: Slot) -> None:
        self._wishes.skipped.add(slot.work or "")

    def unload(self, slot: Slot) -> None:
        self._work[slot.number].put(None)

    def want_light(self) -> None:
        """There is no more than there is."""

    def reports(self) -> Iterator[tuple[Slot, link.Note, bytes]]:
        while not self._said.empty():
            self._bell.recv(1)
            slot, note, payload = self._said.get()
            if isinstance(note, link.Ready):
                slot.ready, slot.title = True, "a thread"
            elif isinstance(note, link.Loaded):
                slot.loaded = frozenset(note.models)
            elif isinstance(note, Finished | Failed | Cancelled | Estimated):
                slot.work = None
            yield slot, note, payload

    def tick(self, now: float) -> None:
        """Threads neither die nor hang here."""

    def close(self) -> None:
        """They end with the process."""

    def _serve(self, slot: Slot) -> None:
        def say(note: link.Note, payload: bytes = b"") -> None:
            self._said.put((slot, note, payload))
            self._ring.send(b"!")

        executor = Executor(self._store, _no_models, say)
        say(link.Ready())
        while True:
            work = self._work[slot.number].get()
            if isinstance(work, Task):
                executor.run(work, self._wishes)
            elif isinstance(work, Estimate):
                executor.answer(work)
            else:
                executor.unload()


def _no_models() -> NoReturn:
    raise OverpaintError(Code.MODEL_MISSING, "A thread has no models.")
