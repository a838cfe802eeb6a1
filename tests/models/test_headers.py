"""The headers of .safetensors files: read when sound, refused in words otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.models.headers import safetensors
from server.wire.errors import Code, OverpaintError
from tests.models.safe import write_raw, write_safetensors


def test_names_shapes_and_notes_are_read(tmp_path: Path) -> None:
    path = write_safetensors(tmp_path / "a.safetensors", {"x": ("F16", (2, 3)), "y": ("F32", ())}, {"made": "here"})
    header = safetensors.read(path)
    assert header.shape("x") == (2, 3)
    assert header.shape("absent") is None
    assert header.elements == 7
    assert header.metadata == {"made": "here"}


def test_what_the_library_writes_is_read(tmp_path: Path) -> None:
    numpy = pytest.importorskip("safetensors.numpy")
    import numpy as np

    path = tmp_path / "a.safetensors"
    numpy.save_file({"x": np.ones((4, 5), np.float16), "none": np.ones((0, 3), np.float32)}, path)
    assert safetensors.read(path).elements == 20


def entry(**changes: object) -> bytes:
    return json.dumps({"x": {"dtype": "F16", "shape": [2], "data_offsets": [0, 4], **changes}}).encode()


@pytest.mark.parametrize(
    "header, data_bytes, length",
    [
        (b"", 0, None),
        (b"{}", 0, 1 << 40),
        (b"{}", 0, 100),
        (b"not json", 0, None),
        (b"[]", 0, None),
        (b"\xff\xfe\xff", 0, None),
        (b"[" * 200_000, 0, None),
        (entry(shape=[3]), 4, None),
        (entry(shape=[-2]), 4, None),
        (entry(shape=[True, 2]), 4, None),
        (entry(shape=2), 4, None),
        (entry(shape=[1 << 47, 1 << 47]), 4, None),
        (entry(dtype="P8"), 4, None),
        (entry(dtype=None), 4, None),
        (entry(data_offsets=[4, 0]), 4, None),
        (entry(data_offsets=[-4, 0]), 4, None),
        (entry(data_offsets=[0, 4, 8]), 4, None),
        (entry(data_offsets=None), 4, None),
        (entry(), 3, None),
        (entry(), 5, None),
        (b'{"x": 5}', 0, None),
        (b'{"__metadata__": {"a": 1}}', 0, None),
        (b'{"__metadata__": 3}', 0, None),
    ],
)
def test_what_is_not_sound_is_refused(tmp_path: Path, header: bytes, data_bytes: int, length: int | None) -> None:
    path = write_raw(tmp_path / "bad.safetensors", header, data_bytes, length)
    with pytest.raises(OverpaintError) as caught:
        safetensors.read(path)
    assert caught.value.code is Code.UNSAFE_FILE
    assert "bad.safetensors" in caught.value.sentence


def test_tensors_that_overlap_are_refused(tmp_path: Path) -> None:
    one = {"dtype": "F16", "shape": [2], "data_offsets": [0, 4]}
    path = write_raw(tmp_path / "bad.safetensors", json.dumps({"x": one, "y": one}).encode(), 4)
    with pytest.raises(OverpaintError):
        safetensors.read(path)


@given(st.binary(max_size=300))
def test_no_bytes_bring_it_down(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "any.safetensors"
    path.write_bytes(content)
    try:
        safetensors.read(path)
    except OverpaintError as error:
        assert error.code is Code.UNSAFE_FILE
