"""Directories of tags, as TIFF and EXIF have them (TIFF 6.0, section 2): raw entries, read and written.

Pillow reads EXIF into values and writes them anew, which breaks what cameras put beside it (maker notes point into the
block); so nothing here moves unless it must.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

ORIENTATION, ARTIST, COPYRIGHT = 274, 315, 33432
EXIF, GPS, INTEROPERABILITY = 34665, 34853, 40965
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_LONG = 4
_MOST = 4096
"""Entries of one directory."""


class DirectoryEntry(NamedTuple):
    """One tag: ``data`` in the byte order of its file, at ``at`` in it."""

    code: int
    kind: int
    data: bytes
    at: int = 0

    def numbers(self, order: str) -> tuple[float, ...]:
        """Empty where they are none."""
        if self.kind in (5, 10):
            pairs = struct.unpack(f"{order}{len(self.data) // 4}{'I' if self.kind == 5 else 'i'}", self.data)
            return tuple(a / b if b else 0.0 for a, b in zip(pairs[::2], pairs[1::2], strict=True))
        letter = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}.get(self.kind)
        return struct.unpack(f"{order}{len(self.data) // _SIZES[self.kind]}{letter}", self.data) if letter else ()

    @property
    def text(self) -> str:
        return self.data.rstrip(b"\0").decode("utf-8", "replace")


class Directory(NamedTuple):
    """``after``: where the next directory begins, 0 if there is none; ``after_at``: where that is written."""

    entries: dict[int, DirectoryEntry]
    after: int
    after_at: int


def byte_order(data: bytes) -> str:
    """``<`` or ``>``. Raises ``ValueError``."""
    if data[:2] not in (b"II", b"MM"):
        raise ValueError("it has no byte order")
    return "<" if data[:2] == b"II" else ">"


def read_first(data: bytes) -> Directory:
    """Raises ``ValueError`` or ``struct.error``."""
    order = byte_order(data)
    version, start = struct.unpack_from(f"{order}HI", data, 2)
    if version == 43:
        (start,) = struct.unpack_from(f"{order}Q", data, 8)
    return read(data, start)


def read(data: bytes, start: int) -> Directory:
    """The directory at ``start``; tags of unknown kinds, and those whose values lie outside, are left out. Raises
    ``ValueError`` or ``struct.error``."""
    order = byte_order(data)
    big = struct.unpack_from(f"{order}H", data, 2)[0] == 43
    head, entry, word = ("Q", "HHQ", "Q") if big else ("H", "HHI", "I")
    inline = struct.calcsize(f"={word}")
    (count,) = struct.unpack_from(order + head, data, start)
    if count > _MOST:
        raise ValueError(f"a directory of {count} tags")
    at, step = start + struct.calcsize(f"={head}"), struct.calcsize(f"={entry}") + inline
    found: dict[int, DirectoryEntry] = {}
    for place in range(at, at + count * step, step):
        code, kind, many = struct.unpack_from(order + entry, data, place)
        value, size = place + step - inline, _SIZES.get(kind, 0) * many
        if size > inline:
            (value,) = struct.unpack_from(order + word, data, value)
        if 0 < size <= len(data) - value:
            found.setdefault(code, DirectoryEntry(code, kind, data[value : value + size], value))
    after_at = at + count * step
    after = struct.unpack_from(order + word, data, after_at)[0] if after_at + inline <= len(data) else 0
    return Directory(found, after, after_at)


def read_below(data: bytes, above: Mapping[int, DirectoryEntry], code: int) -> dict[int, DirectoryEntry]:
    """The directory that tag ``code`` of ``above`` points to; empty where there is none or it is damaged."""
    pointer = above[code].numbers(byte_order(data)) if code in above else ()
    try:
        return read(data, int(pointer[0])).entries if pointer else {}
    except (ValueError, struct.error):
        return {}


def write(order: str, entries: Sequence[DirectoryEntry], below: Mapping[int, Sequence[DirectoryEntry]]) -> bytes:
    """A TIFF structure of ``entries`` and of the directories ``below``, each by the tag that points to it."""
    head = struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, 8)
    filled = {code: list(inner) for code, inner in below.items() if inner}
    pointers = [DirectoryEntry(code, _LONG, bytes(4)) for code in filled]
    start = 8 + len(_packed(order, [*entries, *pointers], 8))
    pieces, places = [], {}
    for code, inner in filled.items():
        places[code] = start
        pieces.append(_packed(order, inner, start))
        start += len(pieces[-1])
    pointers = [DirectoryEntry(code, _LONG, struct.pack(f"{order}I", place)) for code, place in places.items()]
    return head + _packed(order, [*entries, *pointers], 8) + b"".join(pieces)


def _packed(order: str, entries: Iterable[DirectoryEntry], start: int) -> bytes:
    """One directory that begins at ``start``, its long values behind it."""
    listed = sorted(entries)
    values = start + 2 + 12 * len(listed) + 4
    table, tail = struct.pack(f"{order}H", len(listed)), b""
    for entry in listed:
        table += struct.pack(f"{order}HHI", entry.code, entry.kind, len(entry.data) // _SIZES[entry.kind])
        if len(entry.data) <= 4:
            table += entry.data.ljust(4, b"\0")
        else:
            table += struct.pack(f"{order}I", values + len(tail))
            tail += entry.data + b"\0" * (len(entry.data) % 2)
    return table + bytes(4) + tail
