"""Work cut into strips and done between Qt's events, so that the window never stands still."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator

from .server.wire.errors import OverpaintError

BUDGET_S = 0.008
"""A new strip is begun only within this time of a turn; one takes 10 ms at most as a rule."""

REST = True
"""Yielded before and after a piece that is long by itself: it begins and ends a turn."""

Work = Generator["bool | None", None, None]


class Strips:
    """Runs generators in turns, in the order in which they came; at each ``yield`` the loop may go on, at
    ``yield REST`` it does."""

    def __init__(self) -> None:
        self._works: deque[tuple[Work, Callable[[OverpaintError], None]]] = deque()
        self._at_work = False

    def add(self, work: Work, failed: Callable[[OverpaintError], None]) -> None:
        """``failed`` is called with the ``OverpaintError`` that ``work`` raises; anything else is a fault of ours and
        passes through."""
        self._works.append((work, failed))

    @property
    def busy(self) -> bool:
        return bool(self._works)

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
        while self._works and time.monotonic() < until:
            work, failed = self._works[0]
            try:
                if next(work):
                    return
            except StopIteration:
                self._works.popleft()
            except OverpaintError as error:
                self._works.popleft()
                failed(error)
            except BaseException:
                self._works.popleft()
                raise
