"""The gateway as a process: its log, its signals, its end."""

from __future__ import annotations

import logging
import logging.handlers
import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from server.gateway.loop import Gateway
from server.gateway.settings import Settings
from server.journal import disk_errors
from server.wire import descriptors
from server.wire.address import Address
from server.wire.connection import Transport
from server.wire.files import private_folder
from server.wire.words import where
from server.workers.pool import AUTO

log = logging.getLogger(__name__)

_LOG_BYTES, _LOG_FILES = 1 << 20, 3


def serve(
    home: Path,
    settings: Settings | None = None,
    transport: Transport = Transport.AUTO,
    device: str = AUTO,
    listen: Address | None = None,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serves until SIGTERM, SIGINT, or long idleness. listen: where other machines may connect. ready: called as
    soon as all who may connect can. Raises ``OverpaintError``: busy when one runs already, bad-request when it cannot
    listen there, disk-full or internal when ``home`` cannot be used."""
    descriptors.raise_limit()
    os.umask(0o077)  # whatever is written, by the worker too, is for this user only
    with disk_errors():
        start_log(home)
        gateway = Gateway(home, settings, transport, device, listen=listen)

    def end(number: int, frame: FrameType | None) -> None:
        gateway.stop()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    log.info("serving, process %d", os.getpid())
    ready()
    gateway.run()


def start_log(home: Path) -> None:
    """A rotating log in ``home/logs``, for this user only. Nothing writes prompts or pictures into it."""
    folder = private_folder(home / "logs")
    handler = logging.handlers.RotatingFileHandler(
        folder / "server.log", maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8"
    )
    handler.setFormatter(_Reticent("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(handler)


class _Reticent(logging.Formatter):
    """Of an exception only its kind and place: its own words may quote what somebody sent."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name for it
        return where(ei[1])
