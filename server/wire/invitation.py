"""What one machine gives another so that it may come in: a file that is a key, and says where and to whom it leads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import codec, keys
from .address import Address, parse
from .connection import ConnectionFile
from .errors import Code, OverpaintError
from .messages import PROTOCOL_MAJOR, PROTOCOL_MINOR
from .sockets import KeyPair

ENDING = ".overpaint"
_MOST_BYTES, _MOST_ADDRESSES = 16 << 10, 16


@dataclass(frozen=True)
class Invitation:
    """name: what the guest is called. host: how the inviting machine calls itself. addresses: ``HOST:PORT`` each."""

    major: int
    minor: int
    name: str
    host: str
    addresses: tuple[str, ...]
    server_key: str
    client_public: str
    client_secret: str

    @classmethod
    def of(cls, name: str, host: str, addresses: tuple[Address, ...], server_key: str, guest: KeyPair) -> Invitation:
        texts = tuple(str(address) for address in addresses)
        return cls(PROTOCOL_MAJOR, PROTOCOL_MINOR, name, host, texts, server_key, guest.public, guest.secret)

    def connection(self, address: Address) -> ConnectionFile:
        """As a host finds a server there. It has no process here: pid 0."""
        data, control = address.endpoints
        return ConnectionFile(
            self.major, self.minor, 0, data, control, self.server_key, self.client_public, self.client_secret
        )

    @property
    def reachable_at(self) -> tuple[Address, ...]:
        return tuple(parse(address) for address in self.addresses)


def read(path: Path) -> Invitation:
    """Raises ``OverpaintError`` (bad-request) for a file that is no invitation."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            raise _none(path)
        found = codec.from_text(Invitation, text, path.name)
    except FileNotFoundError:
        raise OverpaintError(Code.BAD_REQUEST, f"There is no file {path}.", "Check the name.") from None
    except (OSError, OverpaintError) as error:
        raise _none(path) from error
    if not all(keys.is_key(key) for key in (found.server_key, found.client_public, found.client_secret)):
        raise _none(path)
    if (
        not 1 <= len(found.reachable_at) <= _MOST_ADDRESSES
        or not found.name.isprintable()
        or not found.host.isprintable()
    ):
        raise _none(path)
    return found


def _none(path: Path) -> OverpaintError:
    return OverpaintError(
        Code.BAD_REQUEST,
        f"{path} is not an invitation.",
        "Make one on the other machine with “overpaint invite NAME”, and copy that file as it is.",
    )
