"""Small private files: written whole or not at all, read by this user only, and locks that end with their process."""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
import time
from pathlib import Path
from typing import IO


def private_folder(path: Path) -> Path:
    """Makes ``path`` (and what is above it) and closes it to other users (0700)."""
    path.mkdir(parents=True, exist_ok=True)
    if os.name == "posix":
        path.chmod(0o700)
    return path


def write_private(path: Path, text: str, *, replace: bool = True) -> None:
    """Writes ``path`` with mode 0600 so that a reader sees the old or the new text, never a part. With ``replace``
    False an existing file stays as it is (of two writers at once the first wins)."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600 from its first moment
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            temporary.replace(path)
        else:
            _put_if_absent(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_small(path: Path, most: int) -> bytes:
    """The bytes of a file. Never waits, as for whoever fills a pipe. Raises ``OSError``, also for what is no file, and
    for one longer than ``most`` bytes."""
    with os.fdopen(
        os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb"
    ) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "This is no file", str(path))
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, "This file is too long", str(path))
    return data


def put_aside(path: Path) -> Path:
    """Moves what is damaged out of the way, under a name that says so; what was put aside before is displaced."""
    place = path.with_name(f"{path.name}.damaged")
    if place.is_dir() and not place.is_symlink():
        place = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
    path.replace(place)
    return place


def sync_folder(path: Path) -> None:
    """The names in ``path`` are on the disk when it returns (a system that cannot sync a folder keeps them itself)."""
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """The bytes of ``path`` are on the disk when it returns."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _put_if_absent(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not path.exists():
            temporary.replace(path)


class LockFile:
    """An exclusive lock that the system takes back when its holder ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def take(self, patience: float = 0.0) -> bool:
        """True when the lock is ours now. Tries again for ``patience`` seconds: a client that asks ``held`` has it
        for an instant."""
        until = time.monotonic() + patience
        while not self._try():
            if time.monotonic() >= until:
                return False
            time.sleep(0.02)
        return True

    def still_ours(self) -> bool:
        """False when the file of the lock that we have was removed or replaced: then others can take it as well."""
        return self._file is not None and _is_at(self._file.fileno(), self._path)

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _try(self) -> bool:
        private_folder(self._path.parent)
        file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "a+b")
        if _lock(file.fileno(), shared=False) and _is_at(file.fileno(), self._path):  # not removed before we had it
            self._file = file
            return True
        file.close()
        return False


class FolderLock:
    """A lock on a folder itself, which nobody removes by mistake: it lasts when the file of another one is gone. Where
    folders cannot be locked (Windows, some network file systems) it is had by everybody."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self) -> bool:
        if sys.platform == "win32":
            return True
        self._handle = os.open(private_folder(self._path), os.O_RDONLY)
        if not _lock_folder(self._handle):
            self.release()
            return False
        return True

    def still_ours(self) -> bool:
        """False when another folder is in its place."""
        return self._handle is None or _is_at(self._handle, self._path)

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def held(path: Path) -> bool:
    """Whether a living process holds the lock at ``path``."""
    try:
        with path.open("r+b") as file:
            return not _lock(file.fileno(), shared=True)
    except FileNotFoundError:
        return False


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, shared: bool) -> bool:
        try:
            os.lseek(handle, 0, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(handle: int, shared: bool) -> bool:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _lock_folder(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # this file system locks no folders
            return True
        return True
