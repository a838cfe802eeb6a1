"""Other bytes never pass for those that were stored."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.journal.checked import CheckedFile, DamagedError, read_sealed, read_whole, write_sealed, write_whole
from server.wire.messages import CHUNK_BYTES


def stored(path: Path, pieces: list[bytes]) -> CheckedFile:
    file = CheckedFile(path, sum(map(len, pieces)))
    file.make()
    offset = 0
    for piece in pieces:
        file.write(offset, piece)
        offset += len(piece)
    return file


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=8), st.data())
def test_any_part_is_read_as_it_was_written_and_no_flipped_bit_passes(tmp_path: Path, pieces, data):
    file, whole = stored(tmp_path / "layer", pieces), b"".join(pieces)
    offset = data.draw(st.integers(0, len(whole) - 1))
    count = data.draw(st.integers(1, len(whole) - offset))
    assert file.read(offset, count) == whole[offset : offset + count]
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[at] ^= 1 << data.draw(st.integers(0, 7))
    (tmp_path / "layer").write_bytes(damaged)
    with pytest.raises(DamagedError):
        read_whole(tmp_path / "layer", "It")
    with pytest.raises(DamagedError):
        file.read(0, len(whole))
    good = file.sound()
    assert good <= at
    assert (tmp_path / "layer").read_bytes() == whole[:good]
    file.write(good, whole[good:])
    assert read_whole(tmp_path / "layer", "It") == whole


def test_an_answer_of_several_blocks_is_read_from_anywhere(tmp_path: Path):
    data = os.urandom(2 * CHUNK_BYTES + 77)
    write_whole(tmp_path / "result-0", data)
    file = CheckedFile(tmp_path / "result-0", len(data))
    assert file.read(CHUNK_BYTES - 5, 10) == data[CHUNK_BYTES - 5 : CHUNK_BYTES + 5]
    assert file.read(2 * CHUNK_BYTES, 77) == data[-77:]


def test_a_text_of_which_a_letter_changed_is_none(tmp_path: Path):
    path = tmp_path / "request.json"
    write_sealed(path, '{\n "prompt": "a boat"\n}')
    assert b"a boat" in read_sealed(path, "It")
    path.write_bytes(path.read_bytes().replace(b"boat", b"goat"))
    with pytest.raises(DamagedError):
        read_sealed(path, "It")


@pytest.mark.skipif(os.name != "posix", reason="a pipe")
def test_a_pipe_in_a_files_place_stops_nobody(tmp_path: Path):
    os.mkfifo(tmp_path / "layer")
    with pytest.raises(OSError, match="no file"):
        read_whole(tmp_path / "layer", "It")
