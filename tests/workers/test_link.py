from __future__ import annotations

import io
import typing

import pytest

from server.wire.errors import OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Finished, Progress
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe
from server.wire.results import ResultBlob, ResultKind
from server.workers import link

NOTES = [
    link.Run("a" * 32, "/some/folder"),
    link.Stop("a" * 32),
    link.Unload(),
    link.Ready(),
    link.Devices(("cuda:0", "cpu"), "Some Card"),
    link.Died(-9, "last words"),
    Progress("a" * 32, "Painting", 1, 20, 3.5, 4, 2),
    Finished(
        "a" * 32,
        Recipe("x"),
        Bounds(0, 0, 1, 1),
        (ResultBlob(ResultKind.REPAINT, "result-0", Raster(Bounds(0, 0, 1, 1), Channels.RGBA, Depth.U8), 7),),
    ),
]


@pytest.mark.parametrize("note", NOTES, ids=lambda note: type(note).__name__)
def test_what_is_written_is_read(note):
    stream = io.BytesIO()
    link.write(stream, note, b"\x00\n\xff" * 8)
    link.write(stream, link.Beat())
    stream.seek(0)
    header, payload = link.read(stream) or (b"", b"")
    unpack = link.unpack_order if isinstance(note, typing.get_args(link.Order)) else link.unpack_note
    assert unpack(header) == note
    assert payload == b"\x00\n\xff" * 8
    header, payload = link.read(stream) or (b"", b"")
    assert link.unpack_note(header) == link.Beat()
    assert link.read(stream) is None


@pytest.mark.parametrize("payload", [b"", b"12345678"])
def test_a_frame_that_breaks_off_is_the_end(payload: bytes):
    stream = io.BytesIO()
    link.write(stream, link.Ready(), payload)
    whole = stream.getvalue()
    for end in range(len(whole)):
        assert link.read(io.BytesIO(whole[:end])) is None


def test_more_than_a_worker_can_mean_is_no_frame():
    with pytest.raises(OverpaintError):
        link.read(io.BytesIO(b"\xff" * 8))


@pytest.mark.parametrize(
    "header", [b"", b"{", b"{}", b'{"type": "Run"}', b'{"type": "codec"}', b'{"type": "Run", "job": ""}']
)
def test_what_is_no_note_is_refused(header: bytes):
    with pytest.raises(OverpaintError):
        link.unpack_note(header)
