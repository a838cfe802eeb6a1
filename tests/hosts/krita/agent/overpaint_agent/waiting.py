"""Letting Krita's own loop run while a test waits."""

from __future__ import annotations

import time

from .qt import QEventLoop, QTimer


def wait(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def until(condition, seconds: float = 300, said=lambda: "") -> None:
    """Lets Krita's loop run until ``condition()``; ``said``: how it stands, for the error."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"it did not happen in {seconds:.0f} s. {said()}")
        wait(0.02)
