"""Small private files: written whole or not at all, read by this user only, and locks that end with their process."""

from __future__ import annotations

import os
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

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _try(self) -> bool:
        private_folder(self._path.parent)
        file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "a+b")
        if _lock(file, shared=False):
            self._file = file
            return True
        file.close()
        return False


def held(path: Path) -> bool:
    """Whether a living process holds the lock at ``path``."""
    try:
        with path.open("r+b") as file:
            return not _lock(file, shared=True)
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes], shared: bool) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file: IO[bytes], shared: bool) -> bool:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
