"""What a job meets where it is run: who runs it, and where its files are. Torch-free."""

from __future__ import annotations

from typing import Protocol

from server.wire.messages import Finished, Submit


class JobFiles(Protocol):
    """What was sent for one job, and a place for its answer: a folder on this machine, or a store of a cluster.

    Raises ``OverpaintError`` for what is damaged or gone, ``OSError`` for what the disk refuses.
    """

    @property
    def reference(self) -> str:
        """How a process elsewhere finds the same files."""
        ...

    def request(self) -> Submit: ...

    def read(self, blob: str) -> bytes:
        """All of a blob that was sent (``layer``, ``mask``, ``icc``)."""
        ...

    def write(self, blob: str, data: bytes) -> None:
        """A part of the answer; it lasts when this returns."""
        ...

    def finish(self, finished: Finished) -> None:
        """All parts are written: from now on the job has an answer, whole or none at all."""
        ...
