"""How a client finds the server: the connection file, the lock that keeps it to one server, the choice of endpoints."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from . import codec
from .errors import Code, OverpaintError
from .files import FolderLock, LockFile, held, private_folder, put_aside, read_small, write_private
from .retire import SERVER_LOCK
from .sockets import KeyPair

_MOST_BYTES = 64 << 10

_LONGEST_IPC_PATH = 107
"""``sun_path`` of Linux, less its closing zero; macOS has 103."""


class Transport(str, Enum):
    AUTO = "auto"
    """ipc where the system has it, TCP otherwise."""
    IPC = "ipc"
    TCP = "tcp"


@dataclass(frozen=True)
class ConnectionFile:
    """Everything a client needs. The three keys are empty over ipc, where the folder's mode keeps others out."""

    major: int
    minor: int
    pid: int
    data: str
    control: str
    server_key: str = ""
    client_public: str = ""
    client_secret: str = ""

    @property
    def client_keys(self) -> KeyPair | None:
        return KeyPair(self.client_public, self.client_secret) if self.client_secret else None


def connection_path(home: Path) -> Path:
    return home / "connection.json"


def write_connection(home: Path, connection: ConnectionFile) -> None:
    private_folder(home)
    write_private(connection_path(home), codec.to_text(connection))


def read_connection(path: Path) -> ConnectionFile | None:
    """What the file says, or None when there is none; raises ``OverpaintError`` for one that is not readable."""
    try:
        return codec.from_text(ConnectionFile, read_small(path, _MOST_BYTES), path.name)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OverpaintError(
            Code.UNREACHABLE, f"The connection file cannot be read: {error}.", "Run: python3 install.py doctor"
        ) from error


def remove_connection(home: Path) -> None:
    path = connection_path(home)
    if path.is_dir() and not path.is_symlink():
        put_aside(path)
    path.unlink(missing_ok=True)


class ServerLock:
    """Held by the server for as long as it lives: ZeroMQ would let a second one steal the first one's ipc path.

    At its file clients see that a server lives. A file can be removed, and would let a second server in: therefore the
    folder itself is locked as well.
    """

    def __init__(self, home: Path) -> None:
        self._folder = FolderLock(home)
        self._file = LockFile(_server_lock_path(home))

    def take(self, patience: float = 0.0) -> bool:
        """As ``LockFile.take``."""
        if not self._folder.take():
            return False
        if not self._file.take(patience):
            self._folder.release()
            return False
        return True

    def keep(self) -> bool:
        """Call it now and then: locks anew what was removed and made again. False when another server has it."""
        if not self._folder.still_ours():
            self._folder.release()
            if not self._folder.take():
                return False
        if self._file.still_ours():
            return True
        self._file.release()
        return self._file.take(patience=0.1)

    def release(self) -> None:
        self._file.release()
        self._folder.release()


def server_lives(home: Path) -> bool:
    """Whether a server for this folder runs. A process id alone would not say: numbers are used again."""
    return held(_server_lock_path(home))


def _server_lock_path(home: Path) -> Path:
    return home / SERVER_LOCK


def ipc_possible() -> bool:
    return sys.platform != "win32"


def ipc_folder(home: Path) -> Path:
    """A folder of mode 0700 whose paths are short enough for a socket: in ``home``, else in the temporary folder."""
    folder = home / "sockets"
    if len(os.fsencode(folder / "d0000")) > _LONGEST_IPC_PATH - (4 if sys.platform == "darwin" else 0):
        return Path(tempfile.mkdtemp(prefix="overpaint-"))  # made with mode 0700, by us alone
    return private_folder(folder)


OWN, OTHERS = "dc", "nm"
"""First letters of the paths, data before control: of this user's hosts, and of what comes in over the network."""


def ipc_endpoints(folder: Path, letters: str = OWN) -> tuple[str, str]:
    """Names never used before: a client of an earlier server must not meet this one in the middle of a message."""
    token = secrets.token_hex(2)
    data, control = (f"ipc://{folder / f'{letter}{token}'}" for letter in letters)
    return data, control


def remove_stale_ipc(folder: Path, letters: str = OWN) -> None:
    """Removes the sockets of earlier servers; only for the holder of the lock."""
    for path in folder.glob(f"[{letters}]????"):
        path.unlink(missing_ok=True)


def remove_ipc(folder: Path) -> None:
    """Removes this server's sockets, and the folder where it was made in the temporary one."""
    remove_stale_ipc(folder, OWN + OTHERS)
    if folder.parent == Path(tempfile.gettempdir()):
        folder.rmdir()
