"""Who runs jobs, and where a job's files are, as two small protocols: a cluster is another runner. Torch-free.

``server.workers.local_runner`` is the runner of this machine's devices; another one comes from the entry points
``overpaint.runners``. What happens in its processes is ``server.workers.executor``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, cast

import zmq

from server.wire.errors import Code, OverpaintError
from server.wire.messages import Estimate, Finished, Submit
from server.workers import link

AUTO = "auto"
"""The device that torch finds best."""

SILENT_AFTER_S = 120.0
"""Without a sign of life for so long, what runs jobs counts as hung. Long: native code may keep the interpreter to
itself."""

LOCAL = "local"
_GROUP = "overpaint.runners"
_BUILT_IN = {LOCAL: "server.workers.local_runner:LocalRunner"}


class JobFiles(Protocol):
    """What was sent for one job, and a place for its answer: a folder on this machine, or a store of a cluster.

    Raises ``OverpaintError`` for what is damaged or gone, ``OSError`` for what the disk refuses.
    """

    @property
    def reference(self) -> str:
        """How a process elsewhere finds the same files."""
        ...

    def request(self) -> Submit:
        """What is asked; its blobs say their digests, as far as they are known."""
        ...

    def read(self, blob: str) -> bytes:
        """All of a blob that was sent (``layer``, ``mask``, ``icc``)."""
        ...

    def write(self, blob: str, data: bytes) -> None:
        """A part of the answer; it lasts when this returns."""
        ...

    def finish(self, finished: Finished) -> None:
        """All parts are written: from now on the job has an answer, whole or none at all."""
        ...


@dataclass(frozen=True)
class Task:
    """A job to be done. guest: the key of the machine whose picture it is; empty for this user's own. low_memory: the
    system ended what did it before, because memory had run out."""

    job: str
    files: JobFiles
    guest: str = ""
    low_memory: bool = False


class Slot:
    """A place where one job or question is worked on at a time. A runner changes it, the gateway reads it.

    light: only for what needs no model. title: what it computes on, for people. work: the name of its job or question.
    loaded: the models that it has in memory, as it last said.
    """

    def __init__(self, number: int, light: bool = False) -> None:
        self.number = number
        self.light = light
        self.title = ""
        self.ready = False
        self.work: str | None = None
        self.loaded: frozenset[str] = frozenset()

    @property
    def idle(self) -> bool:
        return self.ready and self.work is None


class Runner(Protocol):
    """Runs jobs in its slots. All methods are called on the gateway's one thread, and none may wait."""

    @property
    def slots(self) -> Sequence[Slot]:
        """All there are by now; each stays the same object for as long as there may be work in it."""
        ...

    @property
    def problem(self) -> str:
        """Why nothing can run, as a sentence for people; empty when all is well."""
        ...

    @property
    def wake(self) -> zmq.Socket[bytes] | int:
        """A socket or file descriptor that can be read when there are ``reports``."""
        ...

    def run(self, slot: Slot, task: Task) -> None:
        """Begin the task in an idle slot."""
        ...

    def ask(self, slot: Slot, question: Estimate) -> None:
        """Have a question answered in an idle slot."""
        ...

    def stop(self, slot: Slot, grace: float) -> None:
        """Have the slot give its job up at the next step; after ``grace`` seconds, by force. Its end is reported as any
        other."""
        ...

    def skip(self, slot: Slot) -> None:
        """Have the slot's job leave out the part that it is at, at the next step, and go on with the next one."""
        ...

    def unload(self, slot: Slot) -> None:
        """Nobody has asked for anything in a while: models may leave its memory."""
        ...

    def want_light(self) -> None:
        """What needs no model waits while every slot is busy: one more may be opened for it."""
        ...

    def reports(self) -> Iterable[tuple[Slot, link.Note, bytes]]:
        """What was reported since the last call, oldest first, with the bytes of a preview. A slot's work has ended
        when ``Finished``, ``Failed``, ``Cancelled``, ``Estimated`` or ``Died`` comes; of another's work none speaks."""
        ...

    def tick(self, now: float) -> None:
        """Called about twice a second (``now`` is monotonic): start what is due, end what hangs."""
        ...

    def close(self) -> None:
        """End everything within seconds; what runs is lost."""
        ...


@dataclass(frozen=True)
class RunnerOptions:
    """What a runner is made with. device: where to compute (``auto``, ``cpu``, ``cuda:1`` …). silent_after: seconds
    after which what gives no sign of life is ended. address: what stood behind ``NAME://``."""

    context: zmq.Context[zmq.Socket[bytes]]
    home: Path
    device: str = AUTO
    silent_after: float = SILENT_AFTER_S
    address: str = ""


def runner_class(name: str) -> Callable[[RunnerOptions], Runner]:
    """What makes the runner ``name``. Raises ``OverpaintError`` (bad-request) where there is none."""
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        return cast("Callable[[RunnerOptions], Runner]", getattr(importlib.import_module(module), attribute))
    found: dict[str, Any] = {entry.name: entry for entry in entry_points(group=_GROUP)}
    if name not in found:
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"There is no runner “{name[:60]}”.",
            f"There are: {', '.join([*_BUILT_IN, *sorted(found)])}.",
        )
    return cast("Callable[[RunnerOptions], Runner]", found[name].load())
