"""Who is next: first come first served within a client, in turns between clients."""

from __future__ import annotations

from collections import deque

CLIENTS_REMEMBERED = 1000


class FairQueue:
    """Jobs that wait for a worker. The client that was served longest ago has the next turn."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[str]] = {}
        self._served: dict[str, int] = {}
        self._turn = 0

    def __len__(self) -> int:
        return sum(len(jobs) for jobs in self._waiting.values())

    def add(self, job: str, client: str) -> None:
        self._waiting.setdefault(client, deque()).append(job)

    def put_back(self, job: str, client: str) -> None:
        """The job's run came to nothing through no choice of its client: it is the client's next one again."""
        self._waiting.setdefault(client, deque()).appendleft(job)
        self._served[client] = min([-1, *self._served.values()]) - 1

    def remove(self, job: str) -> None:
        """Take the job out wherever it stands; one that is not waiting is ignored."""
        for client, jobs in list(self._waiting.items()):
            if job in jobs:
                jobs.remove(job)
                self._drop_if_empty(client)

    def take(self) -> str | None:
        """The next job, which is then out of the queue; None when nobody waits."""
        if not self._waiting:
            return None
        client = min(self._waiting, key=lambda c: self._served.get(c, -1))
        job = self._waiting[client].popleft()
        self._drop_if_empty(client)
        self._note_turn(client)
        return job

    def order(self) -> list[str]:
        """All waiting jobs in the order in which they would be taken if nobody else came."""
        copy = FairQueue()
        copy._waiting = {client: deque(jobs) for client, jobs in self._waiting.items()}
        copy._served, copy._turn = dict(self._served), self._turn
        return [job for job in iter(copy.take, None) if job is not None]

    def _note_turn(self, client: str) -> None:
        self._served.pop(client, None)
        self._served[client] = self._turn
        self._turn += 1
        if len(self._served) > CLIENTS_REMEMBERED:
            del self._served[next(iter(self._served))]

    def _drop_if_empty(self, client: str) -> None:
        if not self._waiting[client]:
            del self._waiting[client]
