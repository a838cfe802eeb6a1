"""Blobs in chunks under a credit window: the sender's and the receiver's half, the same at both ends.

A sender never has more chunks under way than the receiver granted, so neither end holds more than the window in
memory, and whatever else travels on the connection waits behind a few chunks only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from .errors import Code, OverpaintError
from .frames import Buffer
from .messages import CHUNK_BYTES, Blob, Chunk, Credit

_CREDIT_EVERY = 2
"""Chunks per ``Credit``: half the messages, and still most of the window open."""


class Store(Protocol):
    """Where the bytes of one blob come from or go to."""

    def read(self, offset: int, count: int) -> Buffer: ...

    def write(self, offset: int, data: Buffer) -> None: ...


class MemoryStore:
    """Bytes in memory. Reading makes views, so the buffer must not change while it is sent."""

    def __init__(self, buffer: Buffer) -> None:
        self._view = memoryview(buffer).cast("B")

    def read(self, offset: int, count: int) -> Buffer:
        return self._view[offset : offset + count]

    def write(self, offset: int, data: Buffer) -> None:
        self._view[offset : offset + len(data)] = data


class FileStore:
    """Bytes of an open binary file; the caller closes it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, offset: int, count: int) -> Buffer:
        self._file.seek(offset)
        return self._file.read(count)

    def write(self, offset: int, data: Buffer) -> None:
        self._file.seek(offset, os.SEEK_SET)
        self._file.write(data)


@dataclass
class Part:
    """One blob under way: ``done`` of its ``nbytes`` have been sent or received."""

    name: str
    nbytes: int
    store: Store
    done: int = 0

    @property
    def complete(self) -> bool:
        return self.done >= self.nbytes


class Sending:
    """The sender's half. ``credit``: chunks that may leave before the first ``grant``."""

    def __init__(self, job: str, parts: Iterable[Part], credit: int) -> None:
        self.job = job
        self._parts = list(parts)
        self._credit = credit

    @property
    def complete(self) -> bool:
        return all(part.complete for part in self._parts)

    @property
    def fraction(self) -> float:
        """How much has been handed to the socket, 0..1."""
        total = sum(part.nbytes for part in self._parts)
        return sum(part.done for part in self._parts) / total if total else 1.0

    def grant(self, chunks: int) -> None:
        """The receiver took that many; raises ``OverpaintError`` for a senseless number."""
        if chunks < 1:
            raise OverpaintError(Code.BAD_REQUEST, "A credit of less than one chunk was granted.")
        self._credit += chunks

    def next(self) -> tuple[Chunk, Buffer] | None:
        """The next chunk, or None when there is no credit or nothing left."""
        part = next((part for part in self._parts if not part.complete), None)
        if part is None or self._credit < 1:
            return None
        data = part.store.read(part.done, min(CHUNK_BYTES, part.nbytes - part.done))
        if not len(data):
            raise OverpaintError(Code.INTERNAL, f"The stored bytes of {part.name} end early.")
        return Chunk(self.job, part.name, part.done), data

    def sent(self, data: Buffer) -> None:
        """The chunk that ``next`` gave has left. (Apart from ``next``, so that a full socket loses nothing.)"""
        part = next(part for part in self._parts if not part.complete)
        part.done += len(data)
        self._credit -= 1


class Receiving:
    """The receiver's half: puts each chunk in its place and says when to grant more."""

    def __init__(self, job: str, parts: Iterable[Part]) -> None:
        self.job = job
        self._parts = {part.name: part for part in parts}
        self._owed = 0

    @property
    def complete(self) -> bool:
        return all(part.complete for part in self._parts.values())

    @property
    def received(self) -> tuple[Blob, ...]:
        """How much of each blob is here, as ``Accepted.received`` says it."""
        return tuple(Blob(part.name, part.done) for part in self._parts.values())

    @property
    def fraction(self) -> float:
        total = sum(part.nbytes for part in self._parts.values())
        return sum(part.done for part in self._parts.values()) / total if total else 1.0

    def take(self, chunk: Chunk, payload: Buffer) -> Credit | None:
        """Stores one chunk. Returns the credit to grant now, if any; raises ``OverpaintError`` (bad-request) for a
        chunk that is not the next one of its blob or runs over its end."""
        part = self._parts.get(chunk.blob)
        if part is None or chunk.offset != part.done or part.done + len(payload) > part.nbytes:
            raise OverpaintError(Code.BAD_REQUEST, "A block of pixels came out of order or beyond the announced size.")
        part.store.write(chunk.offset, payload)
        part.done += len(payload)
        self._owed += 1
        if self.complete or self._owed < _CREDIT_EVERY:
            return None
        owed, self._owed = self._owed, 0
        return Credit(self.job, owed)
