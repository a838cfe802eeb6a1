"""Whole ways of edits through a real gateway and a real worker process."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace

import numpy as np
import psutil
import pytest

from server.client import events
from server.wire.errors import Code
from server.wire.geometry import Bounds
from server.wire.messages import JobState
from server.wire.raster import Channels, Raster
from tests.running import RunningServer, submission, until


def ponder(steps: int = 1, prompt: str = "", **more: object):
    return submission("ponder", steps=steps, prompt=prompt, **more)


def spool(server: RunningServer) -> list[str]:
    return sorted(path.name for path in (server.home / "spool").iterdir())


def test_a_selection_goes_in_and_a_layer_comes_back(pondering: RunningServer):
    job = ponder(2, variations=2)
    with pondering.client() as client:
        arrived = client.run(job)
    assert [layer.result.seed for layer in arrived.results] == [1, 2]
    for layer in arrived.results:
        assert layer.result.raster == Raster(job.layer.bounds, Channels.RGBA, job.layer.depth)
        pixels = np.frombuffer(layer.data, np.uint8).reshape(48, 64, 4)
        source = np.frombuffer(job.pixels, np.uint8).reshape(48, 64, 4)
        outside = pixels[..., 3] == 0
        assert outside.any()
        assert not outside[20, 25]
        assert np.array_equal(pixels[outside][:, :3], source[outside][:, :3])
    finished = arrived.finished
    assert finished.recipe.feather is None
    assert {"reading", "Pondering", "finishing"} <= set(finished.seconds)


def test_progress_comes_with_stage_step_time_left_and_a_small_preview(pondering: RunningServer):
    with pondering.client() as client:
        client.run(ponder(4))
        steps = [event for event in client.heard if isinstance(event, events.Progressed) and event.stage == "Pondering"]
    assert [event.step for event in steps] == [0, 1, 2, 3]
    assert steps[0].of == 4
    assert steps[0].seconds_left is None
    assert steps[3].seconds_left is not None
    assert steps[3].seconds_left > 0
    assert all(len(event.preview or b"") == event.preview_width * event.preview_height * 3 > 0 for event in steps)


def test_an_acknowledged_job_leaves_nothing_behind(pondering: RunningServer):
    with pondering.client() as client:
        job = ponder()
        client.run(job)
        until(lambda: job.job not in spool(pondering), "the spool folder to go")
        assert job.job not in client.jobs()


def test_submitting_twice_is_one_job(pondering: RunningServer):
    job = ponder(5)
    with pondering.client() as first, pondering.client() as second:
        first.start(job)
        first.wait_for(events.Progressed)
        second.start(job)
        arrived = second.wait_for(events.Arrived)
        assert list(second.jobs()).count(job.job) == 1
        assert arrived.finished.recipe.steps == 5
        second.session.acknowledge(job.job)


def test_a_client_with_one_job_does_not_wait_behind_anothers_many(pondering: RunningServer):
    with pondering.client("greedy") as greedy, pondering.client("modest") as modest:
        many = [ponder(500), *(ponder(30) for _ in range(3))]
        for job in many:
            greedy.start(job)
        until(lambda: list(greedy.jobs().values()).count(JobState.QUEUED) == 3, "the uploads")
        patient = ponder()
        modest.start(patient)
        modest.wait_for(events.Queued)
        greedy.session.cancel(many[0].job)
        modest.wait_for(events.Arrived)
        modest.session.acknowledge(patient.job)
        assert list(greedy.jobs().values()).count(JobState.QUEUED) >= 2
        for job in many:
            greedy.session.cancel(job.job)
        until(lambda: greedy.jobs() == {}, "the cancelled jobs to go")


def test_the_place_in_the_queue_is_told_whenever_it_changes(pondering: RunningServer):
    with pondering.client("a") as ahead, pondering.client("b") as waiting:
        blocking = ponder(500)
        ahead.start(blocking)
        ahead.wait_for(events.Progressed)
        jobs = [ponder(), ponder(), ponder()]
        for job in jobs:
            waiting.start(job)
            waiting.wait_for(events.Queued, job=job.job)
        ahead.session.cancel(blocking.job)
        waiting.wait_for(events.Arrived, job=jobs[2].job)
        places = [
            event.place for event in waiting.heard if isinstance(event, events.Queued) and event.job == jobs[2].job
        ]
        for job in jobs:
            waiting.session.acknowledge(job.job)
        assert places == [2, 1, 0]


@pytest.mark.parametrize("phase", ["uploading", "queued", "running", "finished"])
def test_a_cancelled_job_ends_and_is_forgotten(pondering: RunningServer, phase: str):
    with pondering.client() as client, pondering.client("other") as other:
        blocking = ponder(500 if phase == "queued" else 1)
        if phase == "queued":
            other.start(blocking)
            other.wait_for(events.Progressed)
        job = large_job() if phase == "uploading" else ponder(500 if phase == "running" else 1)
        job = replace(job, recipe=replace(job.recipe, prompt=f"cancelled while {phase}"))  # an edit nobody made yet
        client.start(job)
        if phase != "uploading":
            kinds = {"queued": events.Queued, "running": events.Progressed, "finished": events.Arrived}
            client.wait_for(kinds[phase], job=job.job)
        workers = pondering.worker_pids()
        client.session.cancel(job.job)
        if phase != "finished":
            client.wait_for(events.Cancelled, job=job.job)
        until(lambda: job.job not in client.jobs(), "the job to be forgotten")
        until(lambda: job.job not in spool(pondering), "its pixels to go")
        if phase == "queued":
            other.session.cancel(blocking.job)
            other.wait_for(events.Cancelled)
        client.run(ponder())
        assert set(workers) <= set(pondering.worker_pids()), "it stopped by itself"


def large_job():
    job = ponder()
    layer = replace(job.layer, bounds=Bounds(0, 0, 4000, 4000))
    return replace(job, layer=layer, pixels=bytes(layer.nbytes), mask=None)


def test_a_cancel_that_overtakes_its_submit_still_cancels(pondering: RunningServer):
    with pondering.client() as client:
        job = ponder()
        client.session.cancel(job.job)
        client.jobs()
        client.start(job)
        client.wait_for(events.Cancelled, job=job.job)
        assert client.jobs() == {}


def test_an_edit_that_raises_fails_with_a_sentence_and_the_worker_goes_on(pondering: RunningServer):
    with pondering.client() as client:
        error = client.refused(ponder(prompt="raise"))
        assert error.code is Code.EDIT_FAILED
        assert "upset" in error.sentence
        assert error.hint
        workers = pondering.worker_pids()
        client.run(ponder())
        assert pondering.worker_pids() == workers


def test_a_failure_is_kept_until_somebody_has_heard_of_it(pondering: RunningServer):
    with pondering.client() as client:
        job = ponder(3, prompt="raise")
        client.start(job)
        client.wait_for(events.Progressed)
    with pondering.client() as again:
        until(lambda: again.jobs()[job.job] is JobState.FAILED, "the job to fail")
        again.session.attach(job.job)
        assert again.wait_for(events.EditFailed).error.code is Code.EDIT_FAILED
        assert again.jobs() == {}


def test_running_out_of_memory_is_an_error_that_says_what_to_do(pondering: RunningServer):
    with pondering.client() as client:
        error = client.refused(ponder(prompt="memory"))
        assert error.code is Code.OUT_OF_MEMORY
        assert "smaller" in error.hint
        client.run(ponder())


def test_a_worker_killed_in_the_middle_is_replaced_and_the_edit_starts_again(pondering: RunningServer):
    with pondering.client() as client:
        job = ponder(10)
        client.start(job)
        client.wait_for(events.Progressed)
        (worker,) = pondering.worker_pids()
        os.kill(worker, signal.SIGKILL)
        client.wait_for(events.Arrived)
        stages = [event.stage for event in client.heard if isinstance(event, events.Progressed)]
        assert any("starts again" in stage for stage in stages)
        client.session.acknowledge(job.job)
        assert pondering.worker_pids() != [worker]


def test_an_edit_that_ends_its_worker_each_time_fails_and_the_server_lives(pondering: RunningServer):
    with pondering.client() as client:
        error = client.refused(ponder(prompt="crash"))
        assert error.code is Code.WORKER_DIED
        assert error.hint
        client.run(ponder())


def test_a_client_without_keep_that_vanishes_frees_the_worker(pondering: RunningServer):
    with pondering.client() as client:
        job = ponder(500, keep=False)
        client.start(job)
        client.wait_for(events.Progressed)
    until(lambda: job.job not in spool(pondering), "the job to be given up")
    with pondering.client() as client:
        client.run(ponder())


def test_a_client_without_keep_that_finds_no_place_for_its_answer_may_have_it_kept(pondering: RunningServer):
    with pondering.client() as client:
        job = ponder(2, keep=False)
        client.start(job)
        client.wait_for(events.Arrived)
        client.start(replace(job, keep=True))
        assert client.jobs()[job.job] is JobState.FINISHED
    with pondering.client() as again:
        until(lambda: again.jobs()[job.job] is JobState.FINISHED, "the job to be there")
        again.session.attach(job.job)
        assert len(again.wait_for(events.Arrived).results[0].data) == job.layer.nbytes
        again.session.acknowledge(job.job)


def test_a_result_waits_for_a_client_that_went_away(pondering: RunningServer):
    with pondering.client() as client:
        job = ponder(3)
        client.start(job)
        client.wait_for(events.Progressed)
    with pondering.client() as again:
        until(lambda: again.jobs()[job.job] is JobState.FINISHED, "the job to finish")
        again.session.attach(job.job)
        arrived = again.wait_for(events.Arrived)
        assert len(arrived.results[0].data) == job.layer.nbytes
        again.session.acknowledge(job.job)


def test_a_client_does_not_see_the_jobs_of_another(pondering: RunningServer):
    with pondering.client("owner") as owner, pondering.client("stranger") as stranger:
        job = ponder(10)
        owner.start(job)
        owner.wait_for(events.Progressed)
        assert stranger.jobs() == {}
        stranger.session.attach(job.job)
        assert stranger.wait_for(events.EditFailed).error.code is Code.UNKNOWN_JOB
        stranger.session.cancel(job.job)
        stranger.session.list_jobs()
        stranger.wait_for(events.Listed)
        owner.wait_for(events.Arrived)
        owner.session.acknowledge(job.job)


def test_a_hanging_worker_is_ended_soon_after_its_job_is_cancelled(own_server: RunningServer):
    with own_server.client() as client:
        job = ponder(prompt="hang")
        client.start(job)
        client.wait_for(events.Progressed)
        time.sleep(0.5)
        client.session.cancel(job.job)
        client.wait_for(events.Cancelled)
        (worker,) = own_server.worker_pids()
        client.run(ponder())
        assert worker not in own_server.worker_pids()


def test_jobs_survive_a_crash_of_the_server(own_server: RunningServer):
    with own_server.client() as client:
        finished, running, queued = ponder(), ponder(6), ponder(prompt="later")
        client.start(finished)
        client.wait_for(events.Arrived)
        client.start(running)
        client.wait_for(events.Progressed, job=running.job)
        client.start(queued)
        client.wait_for(events.Queued, job=queued.job)
    own_server.kill()
    own_server.start()
    with own_server.client() as client:
        for job in (finished, running, queued):
            client.session.attach(job.job)
            client.wait_for(events.Arrived, job=job.job)
            client.session.acknowledge(job.job)
        until(lambda: client.jobs() == {}, "all to be acknowledged")


def test_workers_end_with_a_server_that_is_killed(own_server: RunningServer):
    with own_server.client() as client:
        client.start(ponder(500))
        client.wait_for(events.Progressed)
    workers = own_server.worker_pids()
    assert workers
    own_server.kill()
    until(lambda: not any(psutil.pid_exists(pid) for pid in workers), "the workers to end")


def test_sigterm_is_a_clean_end_and_a_running_job_goes_on_at_the_next_start(own_server: RunningServer):
    with own_server.client() as client:
        job = ponder(8)
        client.start(job)
        client.wait_for(events.Progressed)
    assert own_server.stop() == 0
    assert not (own_server.home / "connection.json").exists()
    assert "the server has ended" in own_server.log()
    own_server.start()
    with own_server.client() as client:
        client.session.attach(job.job)
        client.wait_for(events.Arrived)


def test_the_log_holds_no_prompts(own_server: RunningServer):
    with own_server.client() as client:
        client.run(ponder(1, prompt="my secret garden"))
        client.refused(ponder(prompt="raise"))
    own_server.stop()
    assert "secret" not in own_server.log()
    assert "Traceback" in own_server.log()


def test_a_cancel_from_another_window_is_heard_where_the_edit_was_asked_for(pondering: RunningServer):
    job = submission("ponder", steps=300)
    with pondering.client() as asking, pondering.client() as other:
        asking.start(job)
        asking.wait_for(events.Progressed)
        other.session.cancel(job.job)
        asking.wait_for(events.Cancelled, job=job.job, patience=30)
