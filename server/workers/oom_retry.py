"""An edit that runs out of memory is tried again with less, measure by measure; then it is refused, with what would
fit."""

from __future__ import annotations

import logging
import math
import re
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import psutil

from server.editing.edit import Report, Step
from server.models.runtime.shortage import is_shortage
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Extent
from server.wire.words import mark

if TYPE_CHECKING:
    from server.models.runtime.residency import Models

log = logging.getLogger(__name__)

_T = TypeVar("_T")

AGAIN = mark("Memory ran out; trying with less")

_GB = 1e9
_TRIED = re.compile(r"allocate ([\d.]+) ?(bytes|[KMGTPE]i?B)")
_UNITS = {"bytes": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}
_CAUTION = 0.8
"""Of the pixels that seem to fit: other programs want memory, too."""
_SMALLEST = 64


def retried_with_less_memory(edit: Callable[[], _T], models: Models | None, report: Report, size: Extent) -> _T:
    """What ``edit`` gives, tried as often as there is something to save. ``size``: of the crop, for the refusal.
    Raises ``OverpaintError`` (out-of-memory) when nothing is left to try."""
    while True:
        before = _room(models)
        try:
            return edit()
        except Exception as error:  # looked at, and raised again unless it is about memory
            if not is_shortage(error):
                raise
            refusal = refused(size, before, needed(before, _room(models), str(error)))
            log.warning("memory ran out: %s", error)
            traceback.clear_frames(error.__traceback__)  # they hold what filled the memory
        if models is None or not models.reduce_memory():
            raise refusal
        report(Step(AGAIN, 0, 0))


def needed(before: int, left: int, words: str) -> int:
    """Bytes that the edit needs at least: what it had taken of ``before``, and what it then asked for."""
    return max(0, before - left) + tried(words)


def tried(words: str) -> int:
    """The bytes that could not be had, as the error's ``words`` give them; 0 where they do not."""
    found = _TRIED.search(words)
    if found is None:
        return 0
    number, unit = found.groups()
    return int(float(number) * 1024 ** _UNITS[unit if unit == "bytes" else unit[0]])


def refused(size: Extent, room: int, need: int) -> OverpaintError:
    share = _CAUTION * (room / need if need > room > 0 else 0.5)
    fits = Extent(*(int(side * math.sqrt(share)) // 8 * 8 for side in (size.width, size.height)))
    need_gb = f"about {need / _GB:.1f}" if need > room else f"more than {room / _GB:.1f}"
    sentence = f"An edit of {size.width} × {size.height} pixels needs {need_gb} GB of memory here"
    if need > room:
        sentence += f", {room / _GB:.1f} GB are free"
    if min(fits.width, fits.height) < _SMALLEST:
        return OverpaintError(
            Code.OUT_OF_MEMORY, f"{sentence}.", "Use a smaller model, or close other programs, then try again."
        )
    return OverpaintError(
        Code.OUT_OF_MEMORY,
        f"{sentence}.",
        f"About {fits.width} × {fits.height} pixels would fit: make the selection or its context smaller, "
        "use a smaller model, or close other programs.",
    )


def _room(models: Models | None) -> int:
    return models.room if models is not None else int(psutil.virtual_memory().available)
