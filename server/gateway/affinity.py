"""Who of those that wait begins where: rather where the model is loaded already, as long as nobody is passed over for
long.

Reading a model takes longer than many an edit, and a device holds few. So a slot that has just become free takes the
first in the queue whose model it has, be it not the very first; in the manner of delay scheduling (Zaharia et al.,
EuroSys 2010), except that no slot stays idle while anybody waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from server.gateway.queue import FairQueue, Waiting
from server.workers.runner import Slot

MOST_TIMES = 3
"""So often others may go before somebody whose turn it was, until something of the same client begins."""

LONGEST_S = 30.0
"""And so long after the first of them went, whosever they are."""


class Pair(NamedTuple):
    name: str
    slot: Slot


@dataclass
class _PassedOver:
    times: int
    since: float


class Affinity:
    """``pair`` takes the next one out of its queue."""

    def __init__(self, queue: FairQueue, clock: Callable[[], float] = time.monotonic) -> None:
        self._queue, self._clock = queue, clock
        self._passed: dict[str, _PassedOver] = {}

    def pair(self, idle: Sequence[Slot]) -> Pair | None:
        """Who begins now, and in which of the ``idle`` slots; None when nobody waits, or there is none. Where it makes
        no difference the first slot is taken."""
        waiting = self._queue.waiting()
        if not waiting or not idle:
            return None
        index, slot = self._choice(waiting, idle)
        self._pass_over(waiting, index)
        self._queue.take(waiting[index].name)
        return Pair(waiting[index].name, slot)

    def _choice(self, waiting: Sequence[Waiting], idle: Sequence[Slot]) -> tuple[int, Slot]:
        for index, entry in enumerate(waiting):
            slot = next((slot for slot in idle if not entry.model or entry.model in slot.loaded), None)
            if slot is not None:
                return index, slot
            if self._was_passed_over_enough(entry.name):
                return index, _with_least_to_lose(idle)
        return 0, _with_least_to_lose(idle)

    def _was_passed_over_enough(self, name: str) -> bool:
        passed = self._passed.get(name)
        return passed is not None and (passed.times >= MOST_TIMES or self._clock() - passed.since > LONGEST_S)

    def _pass_over(self, waiting: Sequence[Waiting], taken: int) -> None:
        now, client = self._clock(), waiting[taken].client
        passed = {entry.name: self._passed[entry.name] for entry in waiting if entry.name in self._passed}
        passed.pop(waiting[taken].name, None)
        for entry in waiting[:taken]:
            passed.setdefault(entry.name, _PassedOver(0, now)).times += 1
        for entry in waiting:
            if entry.client == client and entry.name in passed:
                passed[entry.name].times = 0
        self._passed = passed


def _with_least_to_lose(idle: Sequence[Slot]) -> Slot:
    return min(idle, key=lambda slot: len(slot.loaded))
