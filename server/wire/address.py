"""Where a server listens for other machines: a host and two ports, the second one after the first."""

from __future__ import annotations

import logging
import re
import socket
from dataclasses import dataclass, replace
from pathlib import Path

from . import codec
from .errors import Code, OverpaintError
from .files import read_small, write_private

log = logging.getLogger(__name__)

_MOST_BYTES = 4 << 10

DEFAULT_PORT = 28717
"""Of *data*; *control* has the next one. Below the range that systems lend ports from."""

ANY = ("*", "0.0.0.0", "::")  # what a person may ask to listen at: all of this machine's addresses

_WRITTEN = re.compile(r"(?:\[(?P<six>[^\[\]]+)\]|(?P<host>[^\[\]:]+))(?::(?P<port>\d{1,5}))?")
_HOST = re.compile(r"\*|[0-9A-Za-z.:_%-]{1,253}")
_UNROUTED = "192.0.2.1"
"""TEST-NET-1 (RFC 5737). Nothing is sent: the system only says from which address it would be."""


@dataclass(frozen=True)
class Address:
    """host: a name, an address, or ``*`` for all of this machine's."""

    host: str
    port: int = DEFAULT_PORT

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if self.is_ipv6 else f"{self.host}:{self.port}"

    @property
    def is_ipv6(self) -> bool:
        return ":" in self.host

    @property
    def endpoints(self) -> tuple[str, str]:
        """Of *data* and *control*, as ZeroMQ writes them."""
        return f"tcp://{self}", f"tcp://{replace(self, port=self.port + 1)}"

    def resolved(self) -> Address:
        """With a number for a name. Raises ``OSError`` for a name that nobody knows."""
        if self.host in ANY:
            return replace(self, host="*" if self.host == "0.0.0.0" else self.host)
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        return replace(self, host=str(found[0][4][0]))


def parse(text: str) -> Address:
    """``HOST``, ``HOST:PORT``, ``[IPV6]:PORT``. Raises ``OverpaintError`` (bad-request)."""
    written = _WRITTEN.fullmatch(f"[{text}]" if text.count(":") > 1 and "[" not in text else text)
    host = (written["six"] or written["host"]) if written else ""
    port = int(written["port"] or DEFAULT_PORT) if written else 0
    if not _HOST.fullmatch(host) or not 0 < port < 65535:
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"“{text[:80]}” is not an address.",
            "Write HOST or HOST:PORT, as in 192.168.1.5 or studio.local:28717.",
        )
    return Address(host, port)


def of_this_machine(listening: Address) -> tuple[Address, ...]:
    """Where others may find a server that listens so: what it was given, or this machine's addresses."""
    if listening.host not in ANY:
        return (listening,)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((_UNROUTED, 9))
            first = [probe.getsockname()[0]]
        except OSError:  # no network at all
            first = []
    return tuple(replace(listening, host=host) for host in dict.fromkeys([*first, socket.gethostname()]))


def _file(home: Path) -> Path:
    return home / "listening.json"


def remember(home: Path, address: Address) -> None:
    """For ``overpaint invite``: where the server listens, or last did."""
    write_private(_file(home), codec.to_text(address))


def remembered(home: Path) -> Address | None:
    """None also where what was written there is damaged: the next server that listens writes it anew."""
    try:
        return codec.from_text(Address, read_small(_file(home), _MOST_BYTES), _file(home).name)
    except FileNotFoundError:
        return None
    except (OSError, OverpaintError) as error:
        log.warning("%s is left out: %s", _file(home), error)
        return None
