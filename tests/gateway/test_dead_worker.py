"""A worker that dies when its work is done, and nobody has heard of that yet."""

from __future__ import annotations

from pathlib import Path

import zmq

from server.gateway.dispatch import Dispatch
from server.gateway.jobs import JobTable
from server.gateway.settings import GatewaySettings
from server.journal import Journal
from server.wire import messages as wire
from server.wire.results import ResultBlob, ResultKind
from server.workers import link
from server.workers.local_runner import LocalRunner
from server.workers.runner import RunnerOptions
from tests.running import submission


def test_the_answer_of_a_worker_that_died_before_it_could_say_so_is_kept(home: Path) -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    journal, runner, told = Journal(home), LocalRunner(RunnerOptions(context, home, "cpu")), []
    book = JobTable(journal)
    dispatch = Dispatch(
        book, journal, runner, lambda job, message, _: told.append(message) is None, lambda *_: True, GatewaySettings()
    )
    job = submission("erase")
    entry = book.add(job.message(), "me", lambda _: None)
    journal.settle()
    book.set_state(entry, wire.JobState.QUEUED)
    book.begin_run(entry)
    files = journal.files(job.job)
    files.write("result-0", bytes(job.layer.nbytes))
    finished = wire.Finished(
        job.job, job.recipe, job.layer.bounds, (ResultBlob(ResultKind.REPAINT, "result-0", job.layer, 1),)
    )
    files.finish(finished)
    dispatch._take(link.Died(-9, "killed", job.job), b"")
    assert told == [finished]
    assert entry.state is wire.JobState.FINISHED
    assert entry.entry.runs == 1
    runner.close()
    journal.close()
    context.destroy(linger=0)
