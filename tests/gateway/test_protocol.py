"""What the server answers to messages that no well-behaved client sends, and to uploads that break off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from server.client.submission import Submission
from server.wire import messages as wire
from server.wire.errors import Code
from server.wire.geometry import Bounds
from server.wire.messages import JobState
from tests.bare import Bare
from tests.running import RunningServer, submission


@pytest.fixture
def bare(pondering: RunningServer) -> Iterator[Bare]:
    peer = Bare(pondering, "bare")
    yield peer
    peer.close()


def ponder() -> Submission:
    return submission("ponder", steps=1)


def test_oversize_is_refused_before_a_pixel_is_sent(pondering: RunningServer, bare: Bare):
    job = ponder()
    huge = replace(job.layer, bounds=Bounds(0, 0, 40_000, 20))
    blobs = (wire.Blob("layer", huge.nbytes), wire.Blob("mask", huge.bounds.extent.pixels))
    failed = bare.failure(replace(job.message(), layer=huge, blobs=blobs))
    assert (failed.job, failed.code) == (job.job, Code.TOO_LARGE)
    assert "smaller" in failed.hint
    assert not (pondering.home / "spool" / job.job).exists()


def test_an_id_with_a_path_in_it_makes_no_folder(pondering: RunningServer, bare: Bare):
    failed = bare.failure(replace(ponder().message(), job="../../../tmp/overpaint-evil"))
    assert failed.code is Code.BAD_REQUEST


@pytest.mark.parametrize(("offset", "count"), [(1, 10), (0, 20_000), (-1, 10)])
def test_a_chunk_out_of_order_or_beyond_the_end_fails_the_job(bare: Bare, offset: int, count: int):
    job = ponder()
    bare.tell(job.message())
    bare.hear(wire.Accepted)
    assert bare.failure(wire.Chunk(job.job, "layer", offset), bytes(count)).code is Code.BAD_REQUEST


def test_pixels_that_come_before_their_edit_was_accepted_fail_it(bare: Bare):
    job = ponder()
    bare.tell(job.message())
    assert bare.failure(wire.Chunk(job.job, "layer", 0), bytes(10)).code is Code.BAD_REQUEST
    bare.tell(wire.ListJobs())
    assert job.job not in {line.job for line in bare.hear(wire.Jobs).jobs}


def test_a_chunk_of_an_unknown_job_or_blob_is_refused(bare: Bare):
    assert bare.failure(wire.Chunk("e" * 32, "layer", 0), b"x").code is Code.UNKNOWN_JOB
    job = ponder()
    bare.tell(job.message())
    bare.hear(wire.Accepted)
    assert bare.failure(wire.Chunk(job.job, "../request.json", 0), b"x").code is Code.BAD_REQUEST


def test_an_upload_goes_on_where_it_broke_off_also_after_a_crash_of_the_server(own_server: RunningServer):
    job = ponder()
    first = Bare(own_server, "bare")
    first.tell(job.message())
    assert first.hear(wire.Accepted).received == (wire.Blob("layer", 0), wire.Blob("mask", 0))
    first.tell(wire.Chunk(job.job, "layer", 0), bytes(job.pixels[:1000]))
    first.tell(wire.ListJobs())
    first.hear(wire.Jobs)
    first.close()
    own_server.kill()
    own_server.start()
    second = Bare(own_server, "bare")
    second.tell(job.message())
    accepted = second.hear(wire.Accepted)
    assert accepted.state is JobState.UPLOADING
    assert accepted.received == (wire.Blob("layer", 1000), wire.Blob("mask", 0))
    second.upload(job, layer=1000)
    assert second.hear(wire.Finished).job == job.job
    assert second.failure(wire.Fetch(job.job, "request.json")).code is Code.BAD_REQUEST
    assert second.failure(wire.Fetch(job.job, "result-0", offset=job.layer.nbytes + 1)).code is Code.BAD_REQUEST
    second.tell(wire.Fetch(job.job, "result-0", offset=job.layer.nbytes - 5))
    assert second.hear(wire.Chunk).offset == job.layer.nbytes - 5
    second.close()


def test_a_download_waits_for_credit(bare: Bare):
    job = submission("ponder", 1024, 1024, steps=1)
    bare.tell(job.message())
    bare.hear(wire.Accepted)
    for part in job.parts():
        for offset in range(0, part.nbytes, 1 << 20):
            bare.tell(wire.Chunk(job.job, part.name, offset), bytes(part.store.read(offset, 1 << 20)))
    bare.hear(wire.Finished)
    bare.tell(wire.Fetch(job.job, "result-0", credit=2))
    assert [bare.hear(wire.Chunk).offset for _ in range(2)] == [0, 1 << 20]
    bare.tell(wire.ListJobs())
    bare.hear(wire.Jobs)  # and no third chunk before it
    bare.tell(wire.Credit(job.job, 2))
    assert [bare.hear(wire.Chunk).offset for _ in range(2)] == [2 << 20, 3 << 20]
    bare.tell(wire.Acknowledge(job.job))
    bare.hear(wire.Acknowledged)


def test_an_answer_cannot_be_acknowledged_or_fetched_before_it_is_there(bare: Bare):
    job = ponder()
    bare.tell(job.message())
    bare.hear(wire.Accepted)
    assert bare.failure(wire.Acknowledge(job.job)).code is Code.BAD_REQUEST
    assert bare.failure(wire.Fetch(job.job, "result-0")).code is Code.BAD_REQUEST


def test_a_list_of_many_jobs_with_long_prompts_fits_into_its_frame(own_server: RunningServer):
    bare = Bare(own_server, "bare")
    for _ in range(120):
        job = submission("ponder", 1, 1, steps=1, prompt="\x01" * 4000)
        bare.tell(job.message())
        bare.hear(wire.Accepted)
    bare.tell(wire.ListJobs())
    assert len(bare.hear(wire.Jobs).jobs) == 100
    bare.close()
