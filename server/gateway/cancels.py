"""Cancels of late. One goes by the control socket and may overtake the submit that it means."""

from __future__ import annotations

from collections import deque

_REMEMBERED, _CLIENTS = 100, 1000


class RecentCancels:
    """Each client's are remembered by themselves, so that nobody can make the server forget another's."""

    def __init__(self) -> None:
        self._of_client: dict[str, deque[str]] = {}

    def note(self, client: str, job: str) -> None:
        jobs = self._of_client.pop(client, None) or deque(maxlen=_REMEMBERED)
        jobs.append(job)
        self._of_client[client] = jobs
        if len(self._of_client) > _CLIENTS:
            del self._of_client[next(iter(self._of_client))]

    def has(self, client: str, job: str) -> bool:
        return job in self._of_client.get(client, ())
