"""Who may speak to the server over TCP: CURVE key pairs, and the ZAP door that admits a list of client keys."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from pathlib import Path

import zmq
from zmq.utils import z85

from . import codec
from .errors import OverpaintError
from .files import private_folder, put_aside, read_small, write_private
from .sockets import Context, KeyPair, readable

log = logging.getLogger(__name__)

_MOST_BYTES = 4 << 10
_ZAP_ENDPOINT = "inproc://zeromq.zap.01"
_ZAP_VERSION = b"1.0"
_Z85_KEY = re.compile(r"[0-9A-Za-z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}")


def server_keys(home: Path) -> KeyPair:
    """The server's own pair, made on first use."""
    return _kept_pair(_server_file(home))


def client_keys(home: Path) -> KeyPair:
    """The pair of this user's own hosts; it travels in the connection file and is always admitted."""
    return _kept_pair(_client_file(home))


def new_pair() -> KeyPair:
    public, secret = (half.decode("ascii") for half in zmq.curve_keypair())
    return KeyPair(public, secret)


def is_key(text: str) -> bool:
    return _Z85_KEY.fullmatch(text) is not None


def whole(pair: KeyPair) -> bool:
    """Whether both are keys, and belong together."""
    if not is_key(pair.public) or not is_key(pair.secret):
        return False
    return zmq.curve_public(pair.secret.encode("ascii")).decode("ascii") == pair.public


def put_back(home: Path, server: KeyPair, client: KeyPair) -> None:
    """The pairs that a living server has, where their files were removed: whoever is invited now needs them."""
    for path, pair in ((_server_file(home), server), (_client_file(home), client)):
        if not path.exists():
            private_folder(path.parent)
            write_private(path, codec.to_text(pair), replace=False)


def _server_file(home: Path) -> Path:
    return home / "keys" / "server.json"


def _client_file(home: Path) -> Path:
    return home / "keys" / "client.json"


def _kept_pair(path: Path) -> KeyPair:
    """Made anew where there is none, and where it is damaged, for else no server would start ever again."""
    kept = _read_pair(path)
    if kept is None:
        private_folder(path.parent)
        write_private(path, codec.to_text(new_pair()), replace=False)
        kept = codec.from_text(KeyPair, read_small(path, _MOST_BYTES), path.name)
    if os.name == "posix":
        path.chmod(0o600)
    return kept


def _read_pair(path: Path) -> KeyPair | None:
    """None where there is none. Raises ``OSError`` for one that this user may not read."""
    try:
        pair = codec.from_text(KeyPair, read_small(path, _MOST_BYTES), path.name)
        if whole(pair):
            return pair
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        raise
    except (OverpaintError, OSError) as error:
        log.debug("%s: %s", path.name, error)
    place = put_aside(path)
    log.error(
        "%s holds no pair of keys: it is kept as %s, and one is made anew. Invite others again.", path, place.name
    )
    return None


class ZapHandler:
    """Answers ZeroMQ's authentication requests (RFC 27) from the server's own loop.

    pyzmq's authenticator would need a thread or asyncio; this is one socket in the poll that runs anyway.
    """

    def __init__(self, context: Context, admits: Callable[[str], bool]) -> None:
        self._admits = admits
        self.socket = context.socket(zmq.REP)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.bind(_ZAP_ENDPOINT)

    def answer(self) -> None:
        """Answers the requests that wait; never blocks."""
        while readable(self.socket):
            self.socket.send_multipart(self._reply(self.socket.recv_multipart()))

    def _reply(self, request: list[bytes]) -> list[bytes]:
        # version, request id, domain, address, identity, mechanism, credentials…
        number = request[1] if len(request) > 1 else b""
        curve = len(request) == 7 and request[5] == b"CURVE" and len(request[6]) == 32
        key = z85.encode(request[6]) if curve else b""
        if curve and self._admits(key.decode("ascii")):
            return [_ZAP_VERSION, number, b"200", b"OK", key, b""]  # the user id that each message then carries
        return [_ZAP_VERSION, number, b"400", b"this key is not admitted", b"", b""]

    def close(self) -> None:
        self.socket.close()
