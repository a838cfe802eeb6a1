"""``overpaint invite | trust | trusted | revoke``: letting a second machine in, and being let in."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from server.client import events
from server.client.identity import client_id
from server.client.session import Session
from server.listening import authorized
from server.wire import address as addresses
from server.wire import codec, invitation, keys
from server.wire.address import Address
from server.wire.connection import ConnectionFile, read_connection
from server.wire.errors import Code, OverpaintError
from server.wire.files import private_folder, write_private
from server.wire.invitation import ENDING, Invitation
from server.wire.messages import Welcome
from server.wire.paths import Home

_PATIENCE_S = 6.0
"""For one address: a key that is refused, and a silent host, are known by then."""


def invite(home: Home, name: str, given: Sequence[str], out: Path | None) -> Path:
    """Lets ``name`` in and returns the file that says so. Raises ``OverpaintError`` (bad-request)."""
    found = tuple(addresses.parse(text) for text in given) or _listening(home.path)
    pair = keys.new_pair()
    path = (out or Path(f"{name}{ENDING}")).absolute()
    if path.exists():
        raise OverpaintError(Code.BAD_REQUEST, f"{path} is there already.", "Give another name with --out.")
    if not path.parent.is_dir():
        raise OverpaintError(Code.BAD_REQUEST, f"There is no folder {path.parent}.", "Make it first.")
    private_folder(home.path)
    authorized.let_in(home.path, name, pair.public)
    letter = Invitation.of(name, socket.gethostname(), found, keys.server_keys(home.path).public, pair)
    try:
        write_private(path, codec.to_text(letter), replace=False)
    except OSError as error:
        authorized.turn_out(home.path, name)
        raise OverpaintError(
            Code.BAD_REQUEST, f"{path} cannot be written ({error}).", "Give another place with --out."
        ) from error
    return path


def _listening(home: Path) -> tuple[Address, ...]:
    listening = addresses.remembered(home)
    if listening is None:
        raise OverpaintError(
            Code.BAD_REQUEST,
            "The server does not listen to other machines.",
            "Run “overpaint serve --listen HOST” first, or say with --address where it will be found.",
        )
    return addresses.of_this_machine(listening)


def trust(home: Home, file: Path) -> str:
    """From now on its server is used; returns a sentence. Raises ``OverpaintError``; then nothing changed."""
    letter = invitation.read(file)
    connection, welcome = _first_that_answers(home, letter)
    private_folder(home.path)
    write_private(home.remote, codec.to_text(connection))
    device = f" ({welcome.device})" if welcome.device else ""
    return (
        f"The server on {letter.host}{device} is used from here. Delete {file}: it is a key, and no longer needed. "
        "“overpaint trust --forget” goes back to this machine's own."
    )


def _first_that_answers(home: Home, letter: Invitation) -> tuple[ConnectionFile, Welcome]:
    problem: OverpaintError | None = None
    for address in letter.reachable_at:
        connection = letter.connection(address)
        try:
            return connection, _greeted(home, connection)
        except OverpaintError as error:
            problem = error
            if error.code is Code.VERSION_MISMATCH:
                break
    if problem is not None and problem.code is Code.VERSION_MISMATCH:
        raise problem
    if problem is not None and problem.code is Code.REFUSED:
        raise OverpaintError(
            Code.REFUSED,
            f"The server on {letter.host} does not accept this invitation.",
            "It was revoked, or belongs to another server: ask for a new one.",
        )
    where = ", ".join(letter.addresses)
    raise OverpaintError(
        Code.UNREACHABLE,
        f"The server on {letter.host} cannot be reached ({where}).",
        "There: is “overpaint serve --listen HOST” running, and does the firewall let both ports through? If its "
        "address has changed, ask for a new invitation.",
    )


def _greeted(home: Home, connection: ConnectionFile) -> Welcome:
    session = Session(connection, client_id(home.path, "cli"), "cli")
    try:
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            session.wait(0.1)
            for event in session.poll():
                if isinstance(event, events.Welcomed):
                    return event.welcome
                if isinstance(event, events.ServerLost):
                    raise event.error
    finally:
        session.close()
    raise OverpaintError(Code.UNREACHABLE, "The server cannot be reached.")


def forget(home: Home) -> str:
    home.remote.unlink(missing_ok=True)
    return "This machine's own server is used."


def revoke(home: Home, name: str) -> None:
    """Raises ``OverpaintError`` (bad-request) when nobody of that name was let in."""
    authorized.turn_out(home.path, name)


def lines(home: Home) -> list[str]:
    """For people: who may come in here, and where this machine goes."""
    known = [f"{guest.name}  (key {guest.key[:8]}…)" for guest in authorized.listed(home.path)]
    remote = read_connection(home.remote)
    used = [f"The server used from here is another machine's: {remote.data}"] if remote is not None else []
    return [*(known or ["No other machine may use this server."]), *used]


def as_json(home: Home) -> dict[str, Any]:
    remote = read_connection(home.remote)
    return {
        "guests": [{"name": guest.name, "key": guest.key} for guest in authorized.listed(home.path)],
        "uses": remote.data if remote is not None else None,
    }
