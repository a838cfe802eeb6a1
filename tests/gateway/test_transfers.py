"""Answers on their way to one client: how much of them is under way at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from server.gateway.transfers import Downloads
from server.listening.backlog import MOST_BYTES
from server.listening.peers import Peer
from server.wire import messages as wire
from server.wire.frames import Buffer
from server.wire.geometry import Bounds
from server.wire.results import ResultBlob, ResultKind
from tests.running import submission

PEER = Peer("session", "client", "test")
ANSWERS = 10


class Line:
    """A slow line: what the server sends waits here until the client reads it."""

    def __init__(self) -> None:
        self.waiting: list[wire.Message] = []

    def send(self, peer: Peer, message: wire.Message, payload: Buffer | None) -> bool:
        self.waiting.append(message)
        return True

    @property
    def nbytes(self) -> int:
        return sum(wire.CHUNK_BYTES for one in self.waiting if isinstance(one, wire.Chunk))


def answers(folder: Path) -> list[wire.Finished]:
    """Each of 12 MiB, in its job's folder."""
    job = submission("ponder", 64, 64)
    raster = replace(job.layer, bounds=Bounds(0, 0, 2048, 1536))
    for number in range(ANSWERS):
        (folder / f"job{number}").mkdir()
        (folder / f"job{number}" / "result-0").write_bytes(bytes(raster.nbytes))
    layer = ResultBlob(ResultKind.REPAINT, "result-0", raster, 1)
    return [wire.Finished(f"job{number}", job.recipe, raster.bounds, (layer,)) for number in range(ANSWERS)]


def test_a_client_that_fetches_many_answers_at_once_gets_all_and_is_never_owed_too_much(tmp_path: Path) -> None:
    line = Line()
    downloads = Downloads(line.send)
    for finished in answers(tmp_path):
        downloads.begin(PEER, wire.Fetch(finished.job, "result-0"), finished, tmp_path / finished.job)
    chunks, most = dict.fromkeys((f"job{number}" for number in range(ANSWERS)), 0), 0
    while line.waiting:
        most = max(most, line.nbytes)
        message = line.waiting.pop(0)
        assert isinstance(message, wire.Chunk)
        chunks[message.job] += 1
        downloads.grant(PEER, message.job, 1)
    assert set(chunks.values()) == {12}
    assert most <= MOST_BYTES


def test_an_answer_that_cannot_be_read_does_not_keep_the_next_one_back(tmp_path: Path) -> None:
    line = Line()
    downloads = Downloads(line.send)
    lost, whole = answers(tmp_path)[:2]
    (tmp_path / lost.job / "result-0").unlink()
    for finished in (lost, whole):
        downloads.begin(PEER, wire.Fetch(finished.job, "result-0"), finished, tmp_path / finished.job)
    (failed,) = (one for one in line.waiting if isinstance(one, wire.Failed))
    assert failed.job == lost.job
    assert {one.job for one in line.waiting if isinstance(one, wire.Chunk)} == {whole.job}
