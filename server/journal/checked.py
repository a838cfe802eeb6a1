"""Files that say when they are not what was stored: each piece of pixels has its length and its checksum in a file
beside them (``layer.crc``), each text begins with its own. A disk that lost power, or has a bad place, gives other
bytes silently.

A file without checksums (an older server's) is taken as it is. Whatever is no plain file is an ``OSError``: a pipe in a
file's place would stop its reader for ever.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import stat
import struct
import zlib
from bisect import bisect_left, bisect_right
from pathlib import Path
from typing import BinaryIO

from server.wire import content
from server.wire.errors import Code, OverpaintError
from server.wire.files import write_private
from server.wire.frames import Buffer
from server.wire.messages import CHUNK_BYTES

_PIECE = struct.Struct("<II")
"""Bytes, and their CRC-32. A piece is what came in one chunk."""

_LONGEST_TEXT = 1 << 20
_SEAL = re.compile(rb'\A\{\n "crc32": (\d+),\n')
_PLAIN = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class DamagedError(OverpaintError):
    """What lies on the disk is not what was stored there."""

    def __init__(self, what: str) -> None:
        super().__init__(Code.INTERNAL, f"{what} of this edit was damaged on the server's disk.", "Run the edit again.")


def sums_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.crc")


class CheckedFile:
    """One blob of ``nbytes``, written from its beginning to its end. It is opened for each chunk, so that slow clients
    hold no file handles. Raises ``OSError``, and ``DamagedError`` when bytes are not those that were written."""

    def __init__(self, path: Path, nbytes: int) -> None:
        self._path, self._nbytes = path, nbytes

    def make(self) -> None:
        """Empty, whatever was there: a file that is somebody else's too (``blobs``) stays theirs."""
        for path in (self._path, sums_of(self._path)):
            path.unlink(missing_ok=True)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _PLAIN, 0o600))

    def write(self, offset: int, data: Buffer) -> None:
        """``offset``: where the last write ended, or what ``sound`` gave."""
        with _opened(self._path, os.O_RDWR) as file:
            file.seek(offset)
            file.write(data)
        with _opened(sums_of(self._path), os.O_RDWR | os.O_APPEND) as file:
            file.write(_PIECE.pack(len(data), zlib.crc32(data)))

    def read(self, offset: int, count: int) -> bytes:
        """Whole pieces are read, so that they can be checked."""
        pieces = _pieces(self._path)
        with _opened(self._path, os.O_RDONLY) as file:
            if pieces is None:
                file.seek(offset)
                return file.read(count)
            ends = list(itertools.accumulate((nbytes for nbytes, _ in pieces), initial=0))
            first, last = bisect_right(ends, offset) - 1, bisect_left(ends, offset + count)
            if last == len(ends):
                raise DamagedError("The answer")
            file.seek(ends[first])
            data = file.read(ends[last] - ends[first])
        if not _match(data, pieces[first:last]):
            raise DamagedError("The answer")
        return data[offset - ends[first] :][:count]

    def sound(self) -> int:
        """How many bytes from the beginning are what was written; what follows them is cut off, to be written again.
        Where others have the file too, it is left to them."""
        if not self._path.exists():
            self.make()
        pieces = _pieces(self._path)
        with _opened(self._path, os.O_RDWR) as file:
            length = min(os.fstat(file.fileno()).st_size, self._nbytes)
            good, count = (length, 0) if pieces is None else _sound(file, pieces, length)
            shared = os.fstat(file.fileno()).st_nlink > 1
            if good < self._nbytes and not shared:
                file.truncate(good)
        if good < self._nbytes and shared:
            self.make()
            return 0
        if pieces is not None:
            os.truncate(sums_of(self._path), count * _PIECE.size)
        return good


def digest_of(path: Path) -> str:
    """``wire.content.digest`` of a file's bytes, a piece at a time."""
    whole = hashlib.blake2b(digest_size=content.DIGEST_HEX // 2)
    with _opened(path, os.O_RDONLY) as file:
        while piece := file.read(CHUNK_BYTES):
            whole.update(piece)
    return whole.hexdigest()


def read_whole(path: Path, what: str) -> bytes:
    """Raises ``DamagedError``, which calls it ``what``."""
    with _opened(path, os.O_RDONLY) as file:
        data = file.read()
    pieces = _pieces(path)
    if pieces is not None and not _match(data, pieces):
        raise DamagedError(what)
    return data


def write_whole(path: Path, data: bytes) -> None:
    """With its checksums, and on the disk when it returns."""
    pieces = (data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES))
    sums = b"".join(_PIECE.pack(len(piece), zlib.crc32(piece)) for piece in pieces)
    for place, written in ((path, data), (sums_of(path), sums)):
        place.unlink(missing_ok=True)  # others may have what was there
        with place.open("wb") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())


def write_sealed(path: Path, text: str) -> None:
    """``text``, a JSON object as ``codec.to_text`` makes it, in place of the file, with a checksum as its first field;
    on the disk when it returns, whole or not at all."""
    write_private(path, f'{{\n "crc32": {zlib.crc32(text.encode())},\n{text[2:]}')


def read_sealed(path: Path, what: str) -> bytes:
    """Raises ``DamagedError``, which calls it ``what``."""
    with _opened(path, os.O_RDONLY) as file:
        text = file.read(_LONGEST_TEXT + 1)
    seal = _SEAL.match(text)
    plain = b"{\n" + text[seal.end() :] if seal is not None else text
    if len(text) > _LONGEST_TEXT or (seal is not None and int(seal[1]) != zlib.crc32(plain)):
        raise DamagedError(what)
    return plain


def is_plain(path: Path) -> bool:
    """A file, and no link, pipe or folder. Raises ``FileNotFoundError``."""
    return stat.S_ISREG(path.lstat().st_mode)


def _opened(path: Path, flags: int) -> BinaryIO:
    handle = os.open(path, flags | _PLAIN)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise IsADirectoryError(f"{path.name} is no file")
    return os.fdopen(handle, "rb" if flags & 3 == os.O_RDONLY else "r+b")


def _pieces(path: Path) -> list[tuple[int, int]] | None:
    """None: the file has no checksums."""
    try:
        with _opened(sums_of(path), os.O_RDONLY) as file:
            sums = file.read()
    except FileNotFoundError:
        return None
    return list(_PIECE.iter_unpack(sums[: len(sums) // _PIECE.size * _PIECE.size]))


def _match(data: bytes, pieces: list[tuple[int, int]]) -> bool:
    """Whether ``data`` is just these pieces."""
    view, at = memoryview(data), 0
    for nbytes, crc in pieces:
        if zlib.crc32(view[at : at + nbytes]) != crc:
            return False
        at += nbytes
    return at == len(data)


def _sound(file: BinaryIO, pieces: list[tuple[int, int]], length: int) -> tuple[int, int]:
    """Bytes and number of the pieces that match, up to the first that does not."""
    good = count = 0
    for nbytes, crc in pieces:
        if not 0 < nbytes <= length - good or zlib.crc32(file.read(nbytes)) != crc:
            break
        good, count = good + nbytes, count + 1
    return good, count
