"""Who may speak to the server over TCP: CURVE key pairs, and the ZAP door that admits a list of client keys."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import zmq
from zmq.utils import z85

from . import codec
from .files import private_folder, write_private
from .sockets import Context, KeyPair, readable

_ZAP_ENDPOINT = "inproc://zeromq.zap.01"
_ZAP_VERSION = b"1.0"
_Z85_KEY = re.compile(r"[0-9A-Za-z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}")


def server_keys(home: Path) -> KeyPair:
    """The server's own pair, made on first use."""
    return _kept_pair(home / "keys" / "server.json")


def client_keys(home: Path) -> KeyPair:
    """The pair of this user's own hosts; it travels in the connection file and is always admitted."""
    return _kept_pair(home / "keys" / "client.json")


def new_pair() -> KeyPair:
    public, secret = (half.decode("ascii") for half in zmq.curve_keypair())
    return KeyPair(public, secret)


def is_key(text: str) -> bool:
    return _Z85_KEY.fullmatch(text) is not None


def _kept_pair(path: Path) -> KeyPair:
    if not path.exists():
        private_folder(path.parent)
        write_private(path, codec.to_text(new_pair()), replace=False)
    if os.name == "posix":
        path.chmod(0o600)
    return codec.from_text(KeyPair, path.read_bytes(), path.name)


class Door:
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
