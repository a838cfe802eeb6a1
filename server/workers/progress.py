"""A step of an edit as the progress message that a client shows."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from server.editing.edit import Step
from server.pixels.picture import F32
from server.pixels.sizes import resample
from server.wire.geometry import Extent
from server.wire.messages import Progress

_PREVIEW_SIDE = 256

_APART_S = 0.03


class Throttle:
    """Which steps a client hears of: the first of each stage, then one every 30 ms at most, which is as much as an eye
    sees. Edits report far oftener, so that they can be stopped at any moment; a host whose window stands still for some
    seconds would be taken for one that does not read any more."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stage: str | None = None
        self._last = 0.0

    def passes(self, step: Step) -> bool:
        now = self._clock()
        if step.stage == self._stage and now - self._last < _APART_S:
            return False
        self._stage, self._last = step.stage, now
        return True


class Pace:
    """How long the rest of a stage will take, from how long its steps took so far."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stage = ""
        self._began = 0.0
        self._first = 0

    def seconds_left(self, step: Step) -> float | None:
        """None until two steps of the stage were seen."""
        now = self._clock()
        if step.stage != self._stage or step.step < self._first:
            self._stage, self._began, self._first = step.stage, now, step.step
        done = step.step - self._first
        return (now - self._began) / done * max(0, step.of - step.step) if done else None


def message(job: str, step: Step, pace: Pace) -> tuple[Progress, bytes]:
    """The message and its second frame (empty without a preview)."""
    left = pace.seconds_left(step)
    if step.preview is None:
        return Progress(job, step.stage, step.step, step.of, left), b""
    pixels = _small(step.preview)
    height, width = pixels.shape[:2]
    return Progress(job, step.stage, step.step, step.of, left, width, height), pixels.tobytes()


def _small(image: F32) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """RGB8 with at most 256 pixels on the longer side."""
    height, width = image.shape[:2]
    scale = min(1.0, _PREVIEW_SIDE / max(height, width))
    small = resample(image, Extent(max(1, round(width * scale)), max(1, round(height * scale))))
    return np.round(small.clip(0, 1) * 255).astype(np.uint8)
