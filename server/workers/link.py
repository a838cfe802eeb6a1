"""What the gateway and a worker process say to each other, over the pipes of the child process.

Pipes need no port, no key and no path, work alike on every system, and end with either process: a worker whose gateway
died reads the end of its orders and ends too. A frame is two lengths (4 bytes each, big endian), then a JSON header
with its type's name under ``type``, then raw bytes (a preview). Pixels go through the job's folder instead.
"""

from __future__ import annotations

import struct
import typing
from dataclasses import dataclass
from typing import BinaryIO

from server.wire import codec
from server.wire.errors import Code, OverpaintError
from server.wire.messages import Cancelled, Estimate, Estimated, Failed, Finished, Progress

LIGHT = "light"
"""In a device's place, for the process that imports no torch and does what needs no model."""

_LENGTHS = struct.Struct(">II")
_LONGEST = 1 << 20
"""Of a header, and of a payload: no preview is larger. Only a process whose memory is not in order announces more."""


# --- orders, to the worker -----------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """Do the job whose request and pixels lie where ``files`` says (``JobFiles.reference``); the answer goes there too.
    guest: the key of the machine whose picture it is; empty for this user's own. low_memory: with little memory, for
    the system ended the process that did it before."""

    job: str
    files: str
    guest: str = ""
    low_memory: bool = False


@dataclass(frozen=True)
class Stop:
    """Give the job up at the next step."""

    job: str


@dataclass(frozen=True)
class SkipPart:
    """Leave out the part of the job that is under way, and go on with the next."""

    job: str


@dataclass(frozen=True)
class Unload:
    """Free what models hold."""


# --- reports, from the worker; Progress, Finished, Failed, Cancelled and Estimated are the protocol's own ----


@dataclass(frozen=True)
class Ready:
    """The worker takes jobs."""


@dataclass(frozen=True)
class Devices:
    """What torch found on this machine, best first (``cuda:0``, ``mps``, ``cpu``), and what the worker's own is called.
    Without names: torch was not asked yet, and what can be done without it runs on ``title``."""

    names: tuple[str, ...]
    title: str


@dataclass(frozen=True)
class Beat:
    """The process lives."""


@dataclass(frozen=True)
class Loaded:
    """The models that are in the worker's memory from now on; said before the end of the job that loaded them."""

    models: tuple[str, ...]


@dataclass(frozen=True)
class Died:
    """Made on the gateway's side when the pipe ends. status: the exit status. last_words: its last line. work: the job
    or question that it was at. oom_killed: the system ended it because memory had run out."""

    status: int
    last_words: str
    work: str = ""
    oom_killed: bool = False


Order = Run | Stop | SkipPart | Unload | Estimate
Note = Ready | Devices | Loaded | Beat | Died | Progress | Finished | Failed | Cancelled | Estimated

_ORDERS: dict[str, type] = {kind.__name__: kind for kind in typing.get_args(Order)}
_NOTES: dict[str, type] = {kind.__name__: kind for kind in typing.get_args(Note)}


def pack(note: Order | Note) -> bytes:
    return codec.to_text(note, type=type(note).__name__).encode()


def unpack_order(header: bytes) -> Order:
    return typing.cast(Order, _unpack(header, _ORDERS))


def unpack_note(header: bytes) -> Note:
    """Raises ``OverpaintError`` (bad-request) for what is no note."""
    return typing.cast(Note, _unpack(header, _NOTES))


def _unpack(header: bytes, kinds: dict[str, type]) -> object:
    kind = kinds.get(codec.from_text(_Kind, header, "note").type)
    if kind is None:
        raise _senseless()
    return codec.from_text(kind, header, kind.__name__)


def write(stream: BinaryIO, note: Order | Note, payload: bytes = b"") -> None:
    """Raises ``OSError`` when the other process is gone."""
    header = pack(note)
    stream.write(_LENGTHS.pack(len(header), len(payload)) + header + payload)
    stream.flush()


def read(stream: BinaryIO) -> tuple[bytes, bytes] | None:
    """The next frame's header (for ``unpack_note`` or ``unpack_order``) and payload; None when the other process has
    ended, be it in the middle of a frame. Raises ``OverpaintError`` when it announces more than there can be."""
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    header_bytes, payload_bytes = _LENGTHS.unpack(lengths)
    if max(header_bytes, payload_bytes) > _LONGEST:
        raise _senseless()
    header, payload = stream.read(header_bytes), stream.read(payload_bytes)
    whole = len(header) == header_bytes and len(payload) == payload_bytes
    return (header, payload) if whole else None


def _senseless() -> OverpaintError:
    return OverpaintError(Code.BAD_REQUEST, "A worker and the server do not understand each other.")


@dataclass(frozen=True)
class _Kind:
    type: str
