"""What the gateway tells a worker, written by a thread of its own: a pipe takes 64 KiB, and a worker that is stopped,
or waits for memory, reads nothing for as long as that lasts. The gateway's loop must not wait with it."""

from __future__ import annotations

import logging
import queue
import subprocess
import threading
from typing import BinaryIO, cast

from server.workers import link

log = logging.getLogger(__name__)


class Orders:
    """Few wait at once: a worker is given one job or question at a time, and asked once to stop."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._stream = cast(BinaryIO, process.stdin)
        self._waiting: queue.SimpleQueue[link.Order | None] = queue.SimpleQueue()
        threading.Thread(target=self._write, name="orders", daemon=True).start()

    def give(self, order: link.Order) -> None:
        """Never waits. What a worker that has ended is told is nobody's: its reader says that it has ended."""
        self._waiting.put(order)

    def end(self) -> None:
        """The worker ends as soon as it has read what it was told."""
        self._waiting.put(None)

    def _write(self) -> None:
        try:
            with self._stream:
                while (order := self._waiting.get()) is not None:
                    link.write(self._stream, order)
        except OSError:
            log.info("a worker has gone before it read its orders; its reader will say so")
