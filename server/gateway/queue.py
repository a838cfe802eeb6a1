"""Who is next: first come first served within a client, in turns between clients."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

CLIENTS_REMEMBERED = 1000


class _Turn(NamedTuple):
    """What puts waiting clients in order: when each was served last (-1: never), and then who came first."""

    served: int
    came: int
    client: str


class Waiting(NamedTuple):
    """model: the one that it needs; empty: none."""

    name: str
    client: str
    model: str = ""


class FairQueue:
    """Jobs that wait for a worker. The client that was served longest ago has the next turn.

    To add, take and remove costs as much as the client has jobs; only ``order`` and ``waiting`` look at all.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, deque[str]] = {}
        self._entries: dict[str, Waiting] = {}
        self._turns: dict[str, _Turn] = {}
        self._served: dict[str, int] = {}
        self._turn = self._came = 0

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, job: str, client: str, model: str = "") -> None:
        self._entries[job] = Waiting(job, client, model)
        self._waiting.setdefault(client, deque()).append(job)
        if client not in self._turns:
            self._give_turn(client)

    def put_back(self, job: str, client: str, model: str = "") -> None:
        """The job's run came to nothing through no choice of its client: it is the client's next one again."""
        self._entries[job] = Waiting(job, client, model)
        self._waiting.setdefault(client, deque()).appendleft(job)
        first = min((turn.served for turn in self._turns.values()), default=0)
        self._served[client] = min(-1, first, *self._served.values()) - 1
        self._give_turn(client)

    def remove(self, job: str) -> None:
        """Take the job out wherever it stands; one that is not waiting is ignored."""
        entry = self._entries.pop(job, None)
        if entry is not None:
            self._waiting[entry.client].remove(job)
            self._drop_if_empty(entry.client)

    def take(self, job: str) -> None:
        """The job begins, and its client has had its turn; it is out of the queue. Raises ``KeyError`` for one that is
        not in it."""
        client = self._entries.pop(job).client
        self._waiting[client].remove(job)
        self._note_turn(client)
        if not self._drop_if_empty(client):
            self._give_turn(client)

    def waiting(self) -> list[Waiting]:
        """All of them, as in ``order``."""
        return [self._entries[name] for name in self.order()]

    def order(self) -> list[str]:
        """All waiting jobs in the order in which they would be taken if nobody else came."""
        found: list[str] = []
        rows = [list(self._waiting[turn.client]) for turn in sorted(self._turns.values())]
        depth = 0
        while rows:
            found += [row[depth] for row in rows]
            depth += 1
            rows = [row for row in rows if len(row) > depth]
        return found

    def _give_turn(self, client: str) -> None:
        self._came += 1
        self._turns[client] = _Turn(self._served.get(client, -1), self._came, client)

    def _note_turn(self, client: str) -> None:
        self._served.pop(client, None)
        self._served[client] = self._turn
        self._turn += 1
        if len(self._served) > CLIENTS_REMEMBERED:
            del self._served[next(iter(self._served))]

    def _drop_if_empty(self, client: str) -> bool:
        if self._waiting[client]:
            return False
        del self._waiting[client], self._turns[client]
        return True
