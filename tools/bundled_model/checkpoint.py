"""Training state on disk: written beside the old file and renamed over it, so that a kill never leaves half a file."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import torch

State = Mapping[str, Any]


def save(path: Path, state: State) -> None:
    partial = path.with_suffix(".partial")
    torch.save(dict(state), partial)
    partial.replace(path)


def load(path: Path) -> dict[str, Any] | None:
    """The last state, or None on a fresh start. Read with `weights_only`: tensors and plain values, no code."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


_ending = False


def end_softly() -> None:
    """From now on SIGTERM does not kill: `ending` becomes true, and the loop that asks it can save and stop."""
    signal.signal(signal.SIGTERM, _end)


def ending() -> bool:
    return _ending


def _end(_signal: int, _frame: FrameType | None) -> None:
    global _ending
    _ending = True


class Every:
    """Calls something at most once per `seconds` of wall time."""

    def __init__(self, seconds: float, action: Callable[[], None]) -> None:
        self.seconds, self.action, self.last = seconds, action, time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self.last >= self.seconds:
            self.action()
            self.last = time.monotonic()
