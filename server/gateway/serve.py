"""The gateway as a process: its log, its signals, its end."""

from __future__ import annotations

import contextlib
import gc
import logging
import logging.handlers
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from server.gateway.loop import Gateway
from server.gateway.settings import GatewaySettings
from server.journal import disk_errors
from server.listening import descriptors
from server.wire.address import Address
from server.wire.connection import Transport
from server.wire.files import private_folder
from server.wire.words import where
from server.workers.runner import AUTO, LOCAL

log = logging.getLogger(__name__)

_GARBAGE = (2000, 3, 5000)
"""When Python looks for garbage: in little at a time, and rarely in all there is, for where thousands of jobs are kept
that takes long."""

_SWITCH_S = 0.0005
"""For how long a thread that only passes something on may keep the interpreter from the loop."""

_LOG_BYTES, _LOG_FILES = 1 << 20, 3
_LOG_WAITING = 10_000
"""Lines not written yet."""
_LAST_MOMENT_S = 2.0
"""For these, when the server ends."""


def serve(
    home: Path,
    settings: GatewaySettings | None = None,
    transport: Transport = Transport.AUTO,
    device: str = AUTO,
    listen: Address | None = None,
    runner: str = LOCAL,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serves until SIGTERM, SIGINT, or long idleness. listen: where other machines may connect. runner: who runs the
    jobs (see ``Gateway``). ready: called as soon as all who may connect can. Raises ``OverpaintError``: busy when one
    runs already, bad-request when it cannot listen there or there is no such runner, disk-full or internal when
    ``home`` cannot be used."""
    descriptors.raise_limit()
    os.umask(0o077)  # whatever is written, by the worker too, is for this user only
    with contextlib.ExitStack() as stack:
        with disk_errors():
            stack.enter_context(kept_log(home))
            gateway = Gateway(home, settings, transport, device, listen=listen, runner=runner)

        def end(number: int, frame: FrameType | None) -> None:
            gateway.stop()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        log.info("serving, process %d", os.getpid())
        ready()
        gc.set_threshold(*_GARBAGE)
        sys.setswitchinterval(_SWITCH_S)
        gateway.run()


@contextlib.contextmanager
def kept_log(home: Path) -> Iterator[None]:
    """A rotating log in ``home/logs``, for this user only. Nothing writes prompts or pictures into it.

    It is written by a thread of its own: a disk that does not answer keeps no host waiting. What the thread cannot keep
    up with, or cannot write, is left out; the standard error is not told, for it may be stopped as well.
    """
    folder = private_folder(home / "logs")
    file = logging.handlers.RotatingFileHandler(
        folder / "server.log", maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8"
    )
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    waiting: queue.Queue[logging.LogRecord | None] = queue.Queue(_LOG_WAITING)
    handler = logging.handlers.QueueHandler(waiting)
    handler.setFormatter(_Reticent("%(message)s"))
    logging.raiseExceptions = False
    writer = threading.Thread(target=_write, args=(waiting, file), name="log", daemon=True)
    writer.start()
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        with contextlib.suppress(queue.Full):
            waiting.put_nowait(None)
        writer.join(_LAST_MOMENT_S)


def _write(waiting: queue.Queue[logging.LogRecord | None], file: logging.Handler) -> None:
    while (record := waiting.get()) is not None:
        file.handle(record)
    file.close()


class _Reticent(logging.Formatter):
    """Of an exception only its kind and place: its own words may quote what somebody sent."""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # as another handler may have worded it
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name for it
        return where(ei[1])
