"""What all jobs take together, and those of each party: kept up with every change, so that asking costs nothing."""

from __future__ import annotations

import operator
from collections import defaultdict
from typing import NamedTuple


class Share(NamedTuple):
    """waiting: 1 while it uploads, queues or runs. working: 1 while it queues or runs. kept: bytes that it takes on the
    disk, or will. to_come: those of them that are not there yet. answer: bytes of its finished answer."""

    waiting: int = 0
    working: int = 0
    kept: int = 0
    to_come: int = 0
    answer: int = 0


NOTHING = Share()


class Tally:
    def __init__(self) -> None:
        self.all = NOTHING
        self._parties: defaultdict[str, Share] = defaultdict(Share)
        self._jobs: dict[str, tuple[str, Share]] = {}

    def of(self, who: str) -> Share:
        return self._parties.get(who, NOTHING)

    def put(self, job: str, who: str, share: Share) -> None:
        """In place of the job's earlier share."""
        self.drop(job)
        self._jobs[job] = who, share
        self.all = _sum(self.all, share)
        self._parties[who] = _sum(self._parties[who], share)

    def drop(self, job: str) -> None:
        """The job takes nothing any more; one that takes nothing already is ignored."""
        if job in self._jobs:
            who, share = self._jobs.pop(job)
            self.all = _difference(self.all, share)
            left = _difference(self._parties.pop(who), share)
            if left != NOTHING:
                self._parties[who] = left


def _sum(one: Share, other: Share) -> Share:
    return Share(*map(operator.add, one, other))


def _difference(one: Share, other: Share) -> Share:
    return Share(*map(operator.sub, one, other))
