"""What is kept beside a layer that was made."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from server.client import note


@dataclass(frozen=True)
class Kept:
    name: str
    count: int = 0


def test_a_note_is_read_back_as_it_was_written() -> None:
    assert note.read(Kept, note.write(Kept("墨", 3))) == Kept("墨", 3)
    assert note.read(Kept, note.write(Kept("Ink")).encode()) == Kept("Ink")


@pytest.mark.parametrize("text", ("", b"", "{}", "no", '{"count": 3}', '{"name": 3}'))
def test_anything_else_is_not_a_note(text: str | bytes) -> None:
    assert note.read(Kept, text) is None


@pytest.mark.parametrize("size", (0, 1, 1000, (1 << 21) + 5))
def test_a_selection_is_unpacked_as_it_was_packed(size: int) -> None:
    mask = bytes(index // 997 % 256 for index in range(size))
    assert bytes(note.unpack(note.pack(mask), size) or b"") == mask
    assert note.pack(bytearray(mask)) == note.pack(memoryview(mask)) == note.pack(mask)


def test_it_is_packed_in_pieces() -> None:
    assert len(list(note.packing(bytes(3 << 20)))) == 3


def test_a_selection_too_large_to_keep_is_left_out() -> None:
    assert note.pack(random.Random(7).randbytes(note.LARGEST_MASK + 9)) == b""
    assert note.pack(random.Random(7).randbytes(4 << 20)) == b""


@pytest.mark.parametrize("packed", (b"", b"\0\0\0", *map(note.pack, (bytes(8), bytes(10))), note.pack(bytes(9))[:-6]))
def test_a_selection_that_is_not_whole_is_not_used(packed: bytes) -> None:
    assert note.unpack(packed, 9) is None
