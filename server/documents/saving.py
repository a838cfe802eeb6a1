"""Writing a file whole or not at all, where another may be already: its links, mode and owner stay.

The answer to an edit is given up by the server once it is written here, so it is on the disk before that is said.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.wire.errors import Code, OverpaintError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_PROBE = bytes(4096)


def check(path: Path) -> None:
    """Can a file be written at ``path``? Found out by writing one beside it. Raises ``OverpaintError``."""
    with _worded(path):
        target = _target(path)
        with _beside(target) as part:
            _write(part, _PROBE)


def write_whole(path: Path, data: bytes) -> None:
    """So that a failure leaves no half a file and an earlier file stays as it was. Through a link, the file that it
    points to is written. Raises ``OverpaintError``: disk-full, or bad-request with the reason."""
    with _worded(path):
        target = _target(path)
        with _beside(target) as part:
            _write(part, data)
            _put(part, target, data)
        _sync_folder(target.parent)


def _target(path: Path) -> Path:
    """The file itself at the end of all links. Raises ``OSError`` for what is there and is no file."""
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    with contextlib.suppress(FileNotFoundError):
        mode = target.stat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "a folder is there")
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "what is there is no file")
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, "the file there is write-protected")
    return target


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A name in the same folder that nobody has, short enough beside any other; gone afterwards."""
    part = target.parent / f".overpaint-{secrets.token_hex(4)}.part"
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _write(part: Path, data: bytes) -> None:
    with part.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _put(part: Path, target: Path, data: bytes) -> None:
    """In place of the file at ``target``, with its mode and owner; a file of several names keeps them all, which only
    writing into it can do: what is beside it then lies there until that is done."""
    try:
        before = target.stat()
    except FileNotFoundError:
        part.replace(target)
        return
    if before.st_nlink > 1:
        with target.open("r+b") as file:
            file.write(data)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        return
    part.chmod(stat.S_IMODE(before.st_mode))
    if hasattr(os, "chown") and (before.st_uid, before.st_gid) != (part.stat().st_uid, part.stat().st_gid):
        with contextlib.suppress(PermissionError):  # who may write a file may not always give one away
            os.chown(part, before.st_uid, before.st_gid)
    part.replace(target)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _worded(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise OverpaintError(
                Code.DISK_FULL, f"The disk is full: {path} cannot be written.", "Make room, or choose another folder."
            ) from error
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"{path} cannot be written ({error.strerror or error}).",
            "Choose another name or folder.",
        ) from error
