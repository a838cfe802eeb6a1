"""Qt's own loop, in which everything here is done, a few milliseconds at a time."""

from __future__ import annotations

from collections.abc import Callable

from .qt import QTimer
from .server.wire.errors import OverpaintError
from .tasks import Task, Tasks

BUSY_MS = 15
"""Between two looks at the sockets while a job runs: in Krita a timer of 15 ms left smaller gaps than a notifier."""

HURRY_MS = 1
IDLE_MS = 250


class Loop:
    """look: called in every turn, after a piece of what there is to do. is_busy: whether turns come often."""

    def __init__(self, look: Callable[[], None], is_busy: Callable[[], bool]) -> None:
        self._look, self._is_busy = look, is_busy
        self._tasks = Tasks()
        self._timer = QTimer()
        self._timer.timeout.connect(self._turn)
        self._timer.start(IDLE_MS)

    def work(self, task: Task, failed: Callable[[OverpaintError], None]) -> None:
        """Does ``task`` in pieces, after what waits already."""
        self._tasks.add(task, failed)
        self.hurry()

    def hurry(self) -> None:
        """There is something to do in the next turn."""
        self._timer.start(HURRY_MS)

    @property
    def at_work(self) -> bool:
        """Whether this is called from within a task, such as a signal of a job: nothing goes on until then."""
        return self._tasks.at_work

    def _turn(self) -> None:
        self._tasks.turn()
        self._look()
        self._timer.start(self._pause())

    def _pause(self) -> int:
        if self._tasks.busy:
            return HURRY_MS
        return BUSY_MS if self._is_busy() else IDLE_MS
