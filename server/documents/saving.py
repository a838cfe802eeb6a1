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
from typing import BinaryIO

from server.wire.errors import Code, OverpaintError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_PROBE = bytes(4096)
_NEW = 0o666
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would change line ends


def check(path: Path) -> None:
    """Can a file be written at ``path``? Found out by writing one beside it. Raises ``OverpaintError``."""
    with _worded(path):
        target = _target(path)
        with _beside(target) as part:
            _write(part, _PROBE, _NEW)


def write_whole(path: Path, data: bytes) -> None:
    """So that a failure leaves no half a file and an earlier file stays as it was. Through a link, the file that it
    points to is written. Raises ``OverpaintError``: disk-full, or bad-request with the reason."""
    with _worded(path):
        target = _target(path)
        with _beside(target) as part:
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


def _put(part: Path, target: Path, data: bytes) -> None:
    """In place of the file at ``target``, with its mode and owner; a file of several names keeps them all, which only
    writing into it can do: what is beside it then lies there until that is done."""
    try:
        before = target.stat()
    except FileNotFoundError:
        _write(part, data, _NEW)
        part.replace(target)
        return
    _write(part, data, stat.S_IMODE(before.st_mode) & _NEW)  # never open to more people than it was
    if before.st_nlink > 1:
        with target.open("r+b") as file:
            _fill(file, data)
            file.truncate()
        return
    _make_like(part, before)
    part.replace(target)


def _write(part: Path, data: bytes, mode: int) -> None:
    """mode: before what the system takes away from a new file's."""
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode | stat.S_IWUSR), "wb") as file:
        _fill(file, data)


def _fill(file: BinaryIO, data: bytes) -> None:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _make_like(part: Path, before: os.stat_result) -> None:
    """Who may write a file may not always give one away, and some disks know no modes: then it is as a new one is."""
    with contextlib.suppress(PermissionError):
        if hasattr(os, "chown") and (before.st_uid, before.st_gid) != (part.stat().st_uid, part.stat().st_gid):
            os.chown(part, before.st_uid, before.st_gid)
    with contextlib.suppress(PermissionError):
        part.chmod(stat.S_IMODE(before.st_mode))


def _sync_folder(folder: Path) -> None:
    """So that the name is on the disk too. Not on Windows, where folders cannot be opened, nor on disks that refuse."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
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
