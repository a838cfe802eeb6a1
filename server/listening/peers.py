"""Whose a session is, and so whose its jobs are.

Over ipc, and over TCP with this user's own key, that is what the host calls itself: whoever gets so far is this user.
The host of another machine is known by the key that it was let in with, and can only choose a name beside that key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from server.wire.errors import Code, OverpaintError
from server.wire.messages import PROTOCOL_MAJOR, Hello, Message
from server.wire.words import mark, plain

_NAME = re.compile(r"[0-9A-Za-z._-]{1,64}")
_APPLICATION_LETTERS = 64


@dataclass(frozen=True)
class Peer:
    """One session. ``client`` owns its jobs (see ``owner``), ``session`` is the process. process, host: as ``Hello``
    has them."""

    session: str
    client: str
    application: str
    process: int = 0
    host: int = 0

    @property
    def guest(self) -> str:
        """The key it was let in with; empty for this user's own hosts."""
        return guest_of(self.client)


@dataclass(frozen=True)
class Received:
    """A message of a greeted peer. ``payload`` only for a ``Chunk``: valid as long as it is held, not a copy."""

    peer: Peer
    message: Message
    payload: memoryview | None = None


@dataclass(frozen=True)
class Gone:
    """The peer has ended, vanished or fallen silent; nothing more comes from it and nothing reaches it."""

    peer: Peer


@dataclass(frozen=True)
class TurnedOut:
    """The key of a machine was taken off the list: its jobs and answers are not kept any longer."""

    key: str


def greeted(hello: Hello, key: str) -> Peer:
    """Who says hello. ``key``: of another machine, else empty. Raises ``OverpaintError`` for another version and for
    names that are none."""
    _check_version(hello)
    if not _NAME.fullmatch(hello.client) or not _NAME.fullmatch(hello.session):
        raise OverpaintError(Code.BAD_REQUEST, "The greeting's names are not letters and digits, 64 at most.")
    application = plain(hello.application, _APPLICATION_LETTERS)
    return Peer(hello.session, owner(key, hello.client), application, hello.process, hello.host)


def _check_version(hello: Hello) -> None:
    if hello.major == PROTOCOL_MAJOR:
        return
    if hello.major < PROTOCOL_MAJOR:
        sentence = mark("The plugin is of an older version than the server.")
    else:
        sentence = mark("The server is of an older version than the plugin.")
    raise OverpaintError(
        Code.VERSION_MISMATCH,
        sentence,
        "Run install.py again, then restart the application and the server.",
    )


def owner(key: str, client: str) -> str:
    """As the journal keeps it: ``client``, or ``KEY client``. No client's name has a space in it, and no key."""
    return f"{key} {client}" if key else client


def guest_of(owner: str) -> str:
    """The key in front of an owner's name; empty for this user's own."""
    key, space, _ = owner.partition(" ")
    return key if space else ""


def party(owner: str) -> str:
    """Who shares and takes turns as one: a machine that was let in, whatever its hosts are called, or an own host."""
    return guest_of(owner) or owner
