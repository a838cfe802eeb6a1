"""Blobs in chunks: the window is kept, the bytes arrive, and nothing else is taken."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.wire.errors import Code, OverpaintError
from server.wire.messages import CHUNK_BYTES, CREDIT_WINDOW, Blob, Chunk
from server.wire.streams import FileStore, MemoryStore, Part, Receiving, Sending


def carry(sending: Sending, receiving: Receiving) -> int:
    """Moves everything as two ends would; returns the most chunks that were under way at once."""
    under_way: deque[tuple[Chunk, bytes]] = deque()
    most = 0
    while not receiving.complete:
        while (following := sending.next()) is not None:
            sending.sent(following[1])
            under_way.append((following[0], bytes(following[1])))
        most = max(most, len(under_way))
        credit = receiving.take(*under_way.popleft())
        if credit is not None:
            sending.grant(credit.chunks)
    assert not under_way
    return most


@given(st.lists(st.integers(1, 5 * CHUNK_BYTES // 2), min_size=1, max_size=4), st.integers(1, CREDIT_WINDOW))
@settings(max_examples=15, deadline=None)
def test_all_bytes_arrive_and_never_more_than_the_window_is_under_way(sizes: list[int], credit: int) -> None:
    sources = [os.urandom(size) for size in sizes]
    targets = [bytearray(size) for size in sizes]
    sending = Sending("j", [Part(str(i), len(s), MemoryStore(s)) for i, s in enumerate(sources)], max(credit, 2))
    receiving = Receiving("j", [Part(str(i), len(t), MemoryStore(t)) for i, t in enumerate(targets)])
    assert carry(sending, receiving) <= max(credit, 2)
    assert targets == sources
    assert sending.complete


def test_a_transfer_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    source = os.urandom(3 * CHUNK_BYTES + 17)
    path = tmp_path / "layer"
    path.write_bytes(source[: CHUNK_BYTES + 5])
    with path.open("r+b") as file:
        receiving = Receiving("j", [Part("layer", len(source), FileStore(file), done=CHUNK_BYTES + 5)])
        assert receiving.received == (Blob("layer", CHUNK_BYTES + 5),)
        carry(Sending("j", [Part("layer", len(source), MemoryStore(source), CHUNK_BYTES + 5)], 8), receiving)
    assert path.read_bytes() == source


def test_a_file_is_sent_as_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "result-0"
    path.write_bytes(os.urandom(CHUNK_BYTES + 1))
    target = bytearray(CHUNK_BYTES + 1)
    with path.open("rb") as file:
        sending = Sending("j", [Part("result-0", len(target), FileStore(file))], 8)
        carry(sending, Receiving("j", [Part("result-0", len(target), MemoryStore(target))]))
    assert target == path.read_bytes()


@pytest.mark.parametrize(
    ("chunk", "length"),
    [
        (Chunk("j", "layer", 1), 10),
        (Chunk("j", "layer", -1), 10),
        (Chunk("j", "layer", 0), 101),
        (Chunk("j", "mask", 0), 10),
    ],
)
def test_a_chunk_out_of_place_is_refused_and_changes_nothing(chunk: Chunk, length: int) -> None:
    target = bytearray(100)
    receiving = Receiving("j", [Part("layer", 100, MemoryStore(target))])
    with pytest.raises(OverpaintError) as raised:
        receiving.take(chunk, b"x" * length)
    assert raised.value.code is Code.BAD_REQUEST
    assert target == bytes(100)
    assert receiving.received == (Blob("layer", 0),)


def test_without_credit_nothing_leaves() -> None:
    sending = Sending("j", [Part("layer", 10, MemoryStore(b"x" * 10))], 0)
    assert sending.next() is None
    sending.grant(1)
    assert sending.next() is not None


@pytest.mark.parametrize("chunks", [0, -3])
def test_a_senseless_credit_is_refused(chunks: int) -> None:
    with pytest.raises(OverpaintError):
        Sending("j", [], 8).grant(chunks)


def test_a_chunk_that_the_socket_did_not_take_is_offered_again() -> None:
    sending = Sending("j", [Part("layer", 10, MemoryStore(b"0123456789"))], 8)
    assert sending.next() == sending.next()


def test_a_stored_blob_that_ends_early_is_an_error_and_not_an_endless_loop(tmp_path: Path) -> None:
    path = tmp_path / "result-0"
    path.write_bytes(b"")
    with path.open("rb") as file, pytest.raises(OverpaintError) as raised:
        Sending("j", [Part("result-0", 5, FileStore(file))], 8).next()
    assert raised.value.code is Code.INTERNAL
