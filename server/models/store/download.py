"""Copying and checking large files, and saying how far it got. Torch-free."""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.wire.errors import Code, OverpaintError

from .card import Checksum

_BLOCK = 4 << 20
_SPARE = 512 << 20


@dataclass(frozen=True)
class DownloadProgress:
    """``done`` of ``total`` bytes of the whole model are there; ``file`` is on its way now."""

    file: str
    done: int
    total: int


OnTransfer = Callable[[DownloadProgress], None]
"""May raise to give up; what is there already stays for the next try."""


def nobody(_: DownloadProgress) -> None:
    """For callers who need not know."""


def check_room(nbytes: int, folder: Path) -> None:
    """Raises disk-full when ``nbytes`` more would fill the disk of ``folder`` (which exists)."""
    free = shutil.disk_usage(folder).free
    if free - nbytes < _SPARE:
        raise OverpaintError(
            Code.DISK_FULL,
            f"The model needs {nbytes / 1e9:.1f} GB, {free / 1e9:.1f} GB are free on that disk.",
            "Free some space, or set OVERPAINT_HOME to a folder on a larger disk.",
        )


@contextmanager
def no_traceback(what: str) -> Iterator[None]:
    """An ``OSError`` while ``what`` is read or copied, as a sentence."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise OverpaintError(
            Code.DISK_FULL if full else Code.BAD_REQUEST,
            f"{what} could not be read or copied: {error}.",
            "Free some space on that disk." if full else "Check the path and who may read it.",
        ) from error


def sha256(path: Path) -> str:
    """Of a file's content, in hex digits."""
    digest = hashlib.sha256()
    for block in _blocks(path):
        digest.update(block)
    return digest.hexdigest()


def copy(source: Path, target: Path, name: str, on_bytes: Callable[[int], None]) -> Checksum:
    """Copies a file and sums it in one go; ``on_bytes`` hears how many more bytes were copied."""
    digest = hashlib.sha256()
    nbytes = 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        for block in _blocks(source):
            digest.update(block)
            out.write(block)
            nbytes += len(block)
            on_bytes(len(block))
    return Checksum(name, nbytes, digest.hexdigest())


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
