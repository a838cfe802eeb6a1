"""Work cut into pieces and done between Qt's events, so that the window never stands still."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator

from .server.wire.errors import OverpaintError

BUDGET_S = 0.008
"""A new piece is begun only within this time of a turn; one takes 10 ms at most as a rule."""

NEXT_TURN = True
"""Yielded before and after a piece that is long by itself: it begins and ends a turn."""

Task = Generator["bool | None", None, None]


class Tasks:
    """Runs generators in turns, in the order in which they came; at each ``yield`` the loop may go on, at
    ``yield NEXT_TURN`` it does."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Task, Callable[[OverpaintError], None]]] = deque()
        self._at_work = False

    def add(self, task: Task, failed: Callable[[OverpaintError], None]) -> None:
        """``failed`` is called with the ``OverpaintError`` that ``task`` raises; anything else is a fault of ours and
        passes through."""
        self._waiting.append((task, failed))

    @property
    def busy(self) -> bool:
        return bool(self._waiting)

    @property
    def at_work(self) -> bool:
        """Whether a turn is under way: whoever waits for another one now waits for ever."""
        return self._at_work

    def turn(self) -> None:
        """Works for about ``BUDGET_S``. Does nothing while a turn is under way: some calls of libkis let Qt's events
        pass before they return (adding a layer, in Krita 6), and the timer's with them."""
        if self._at_work:
            return
        self._at_work = True
        try:
            self._work()
        finally:
            self._at_work = False

    def _work(self) -> None:
        until = time.monotonic() + BUDGET_S
        while self._waiting and time.monotonic() < until:
            task, failed = self._waiting[0]
            try:
                if next(task):
                    return
            except StopIteration:
                self._waiting.popleft()
            except OverpaintError as error:
                self._waiting.popleft()
                failed(error)
            except BaseException:
                self._waiting.popleft()
                raise
