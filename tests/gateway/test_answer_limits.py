"""An answer of another size than what was sent: it counts as what it is, and an absurd one is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import zmq

from server.gateway.admission import admit, room_for
from server.gateway.dispatch import Dispatch
from server.gateway.jobs import JobTable
from server.gateway.settings import GatewaySettings
from server.journal import Journal
from server.methods.registry import offers
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Finished, JobState
from server.wire.offers import Limits
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe
from server.wire.results import ResultBlob, ResultKind
from server.workers.local_runner import LocalRunner
from server.workers.runner import RunnerOptions
from tests.running import submission


def test_an_answer_larger_than_was_foreseen_counts_as_large_as_it_is(tmp_path: Path):
    journal = Journal(tmp_path)
    table, asked = JobTable(journal), submission("erase", 20, 10)
    job = table.add(asked.message(), "me", lambda _: None)
    journal.settle()
    assert table.tally.of("me").kept == room_for(asked.message())
    large = replace(asked.layer, bounds=Bounds(0, 0, 80, 40))
    result = ResultBlob(ResultKind.CANVAS, "result-0", large, 1, scale=4)
    table.set_state(job, JobState.QUEUED)
    table.begin_run(job)
    table.finish(job, Finished(job.id, Recipe("erase"), asked.layer.bounds, (result,)))
    assert table.tally.of("me").kept == table.tally.of("me").answer == large.nbytes > room_for(asked.message())
    table.forget(job)
    assert table.tally.of("me").kept == 0
    journal.close()


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        (Bounds(0, 0, 1 << 20, 1), "a side may have"),
        (Bounds(0, 0, 30_000, 30_000), "at most"),
        (Bounds(0, 0, -4, -4), ""),
    ],
)
def test_what_a_runner_says_of_an_absurd_answer_fails_the_edit_with_a_sentence(
    tmp_path: Path, bounds: Bounds, said: str
):
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    journal, runner, told = Journal(tmp_path), LocalRunner(RunnerOptions(context, tmp_path, "cpu")), []
    table, asked = JobTable(journal), submission("erase")
    tell = lambda job, message, _: told.append(message) is None  # noqa: E731
    dispatch = Dispatch(table, journal, runner, tell, lambda *_: True, GatewaySettings())
    job = table.add(asked.message(), "me", lambda _: None)
    journal.settle()
    table.set_state(job, JobState.QUEUED)
    table.begin_run(job)
    raster = Raster(bounds, Channels.RGBA, Depth.F32)
    result = ResultBlob(ResultKind.LAYER, "result-0", raster, 1)
    dispatch._take(Finished(job.id, Recipe("erase"), asked.layer.bounds, (result,)), b"")
    (failed,) = told
    assert failed.code in (Code.TOO_LARGE, Code.EDIT_FAILED)
    assert said in failed.sentence
    runner.close()
    journal.close()
    context.destroy(linger=0)


def test_more_answers_than_a_host_could_take_are_refused_before_any_work():
    asked = submission("erase", 20, 10, variations=4).message()
    with pytest.raises(OverpaintError) as caught:
        admit(asked, offers(()), (), Limits(max_answer_bytes=4 * asked.layer.nbytes - 1))
    assert caught.value.code is Code.TOO_LARGE
    admit(asked, offers(()), (), Limits(max_answer_bytes=4 * asked.layer.nbytes))
