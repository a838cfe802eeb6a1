"""The runner of this machine: one process per device, started, watched and started again. Torch-free."""

from __future__ import annotations

import logging
import subprocess
import time
from collections.abc import Iterator, Sequence
from typing import cast

import psutil
import zmq

from server.wire.errors import OverpaintError
from server.wire.messages import Cancelled, Estimate, Estimated, Failed, Finished, Progress
from server.workers import link
from server.workers.runner import AUTO, RunnerOptions, Slot, Task
from server.workers.worker import Frame, Worker

log = logging.getLogger(__name__)

_LIGHT_RESTS_S = 60.0
"""Without work for so long, the light worker ends."""

_STARTS_IN_S = 10.0
_LIGHT_NUMBER = -1
_LIGHT_NEEDS = 1 << 30
"""Bytes of memory that have to be free before the light worker is started; else its work waits for another one."""

_ASLEEP_S = 5.0
"""Between two ticks: then the gateway itself stood still, and has not read yet what the workers said meanwhile."""

_LAST_MOMENT_S = 2.0
"""For all workers to end by themselves when the server does."""


class LocalRunner:
    """A ``Runner`` (see there). ``workers`` are those of the devices, ``light`` is the one that need not live."""

    def __init__(self, options: RunnerOptions, light_rests: float = _LIGHT_RESTS_S) -> None:
        self._options, self._light_rests = options, light_rests
        self._ticked = time.monotonic()
        self._endpoint = f"inproc://workers-{id(self)}"
        self._socket = options.context.socket(zmq.PULL)
        self._socket.setsockopt(zmq.RCVHWM, 0)
        self._socket.bind(self._endpoint)
        self._closing = False
        self.workers = [Worker(0, options.device)]
        self.light = Worker(_LIGHT_NUMBER, link.LIGHT, light=True)
        self.problem = ""

    @property
    def slots(self) -> Sequence[Worker]:
        return self.light, *self.workers

    @property
    def wake(self) -> zmq.Socket[bytes]:
        return self._socket

    def run(self, slot: Slot, task: Task) -> None:
        cast(Worker, slot).run(task)

    def ask(self, slot: Slot, question: Estimate) -> None:
        cast(Worker, slot).ask(question)

    def stop(self, slot: Slot, grace: float) -> None:
        cast(Worker, slot).stop(grace)

    def skip(self, slot: Slot) -> None:
        cast(Worker, slot).skip()

    def unload(self, slot: Slot) -> None:
        cast(Worker, slot).unload()

    def want_light(self) -> None:
        """The light worker is started, where there is memory for one more process, and none that is just starting will
        do its work as soon."""
        now = time.monotonic()
        coming = any(
            worker.process and not worker.ready and now - worker.heard < _STARTS_IN_S for worker in self.workers
        )
        if not self.light.wanted and not coming and psutil.virtual_memory().available > _LIGHT_NEEDS:
            self.light.wanted = True
            self.tick(now)

    def tick(self, now: float) -> None:
        """Starts what is due, one process at a time; ends what is hung or did not stop when asked."""
        started = False
        if now - self._ticked > _ASLEEP_S:
            self._give_time(now)
        self._ticked = now
        for worker in self.slots:
            if worker.process is None:
                if worker.wanted and now >= worker.start_at and not started:
                    self.problem = worker.start(self._options.home, now, self._pass_on) or self.problem
                    started = True
            elif worker.light and worker.idle and now - worker.rested > self._light_rests:
                log.info("worker %d ends: nothing has been asked of it for a while", worker.number)
                worker.dismiss()
            elif self._hangs(worker, now):
                log.warning("worker %d does not react and is ended", worker.number)
                worker.stop_by = None
                worker.heard = now
                worker.kill()

    def _hangs(self, worker: Worker, now: float) -> bool:
        unstopped = worker.stop_by is not None and now > worker.stop_by
        return unstopped or now - worker.heard > self._options.silent_after

    def _give_time(self, now: float) -> None:
        """What stood still was the gateway: nobody's silence counts, nor the time in which a worker was to stop."""
        for worker in self.slots:
            worker.heard = now
            if worker.stop_by is not None:
                worker.stop_by += now - self._ticked

    def reports(self) -> Iterator[tuple[Worker, link.Note, bytes]]:
        """A worker whose words make no sense is ended: its process is not what it was."""
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
            if (heard := self._noted(worker, note)) is not None:
                yield worker, heard, payload

    def _next(self) -> list[bytes] | None:
        try:
            return self._socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return None

    def close(self) -> None:
        """Ends all workers: the end of their orders first, force after a moment."""
        self._closing = True
        living = [worker.process for worker in self.slots if worker.process is not None]
        for worker in self.slots:
            worker.end_orders()
        until = time.monotonic() + _LAST_MOMENT_S
        for process in living:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._socket.close()

    def _noted(self, worker: Worker, note: link.Note) -> link.Note | None:
        """What the gateway hears of it; None: it speaks of work that is not the worker's."""
        if isinstance(note, link.Ready):
            worker.ready, worker.failures, worker.rested, self.problem = True, 0, time.monotonic(), ""
        elif isinstance(note, link.Devices):
            self._meet(worker, note)
        elif isinstance(note, link.Loaded):
            worker.loaded = frozenset(note.models)
        elif isinstance(note, link.Died):
            if not worker.ready and not worker.light:
                self.problem = f"The part of the server that does the work does not start ({note.last_words})."
            return worker.bury(note)
        elif isinstance(note, Progress | Finished | Failed | Cancelled | Estimated):
            if (note.question if isinstance(note, Estimated) else note.job) != worker.work:
                return None
            if not isinstance(note, Progress):
                worker.done()
        return note

    def _meet(self, worker: Worker, found: link.Devices) -> None:
        worker.title = found.title
        if worker.device == AUTO and worker.number == 0 and found.names:
            worker.device = found.names[0]
            for name in found.names[1:]:
                if name.startswith(found.names[0].split(":")[0] + ":"):
                    self.workers.append(Worker(len(self.workers), name))

    def _pass_on(self, number: int, said: Iterator[Frame]) -> None:
        """In a thread of its own: a worker's reports to the poller, its end as the last one."""
        socket = self._options.context.socket(zmq.PUSH)
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect(self._endpoint)
        try:
            for header, payload in said:
                if not self._closing:
                    socket.send_multipart([b"%d" % number, header, payload])
        finally:
            socket.close()
