"""What is kept beside a layer that was made, so that the edit can be done again: its recipe as text, and what was
selected, packed."""

from __future__ import annotations

import zlib
from collections.abc import Generator
from typing import TypeVar

from ..wire import codec
from ..wire.errors import OverpaintError
from ..wire.frames import Buffer

LARGEST_MASK = 512 << 10
"""Packed selections beyond this are not worth their place in the user's file."""

_PIECE = 1 << 20

Note = TypeVar("Note")


def write(note: object) -> str:
    """For ``read``; ``note``: a dataclass of the host's own."""
    return codec.to_text(note)


def read(kind: type[Note], text: str | bytes) -> Note | None:
    """What ``write`` gave; None for anything else."""
    try:
        return codec.from_text(kind, text, "note") if text else None
    except OverpaintError:
        return None


def packing(mask: Buffer) -> Generator[None, None, bytes]:
    """Compresses a selection in pieces of a few milliseconds each; the value is empty when it stays too large."""
    packer = zlib.compressobj(1)
    packed = bytearray()
    data = memoryview(mask).cast("B")
    for at in range(0, len(data), _PIECE):
        packed += packer.compress(data[at : at + _PIECE])
        if len(packed) > LARGEST_MASK:
            return b""
        yield
    packed += packer.flush()
    return bytes(packed) if len(packed) <= LARGEST_MASK else b""


def pack(mask: Buffer) -> bytes:
    """The same at once."""
    work = packing(mask)
    while True:
        try:
            next(work)
        except StopIteration as done:
            return bytes(done.value)


def unpack(packed: bytes, size: int) -> bytearray | None:
    """The ``size`` bytes of a selection; None where none was stored, or not that."""
    if not packed:
        return None
    try:
        data = zlib.decompressobj().decompress(packed, size + 1)
    except zlib.error:
        return None
    return bytearray(data) if len(data) == size else None
