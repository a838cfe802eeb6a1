"""A runner that comes from outside does the server's edits, and its models stay where they are loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.client import events
from server.client.submission import Submission
from server.wire.messages import Estimate, Estimated
from tests.conftest import short_folder
from tests.running import CHECKOUT, PONDERING, Client, RunningServer, submission, until

MORE_RUNNERS = {"PYTHONPATH": os.pathsep.join([str(CHECKOUT / "tests" / "runners"), PONDERING["PYTHONPATH"]])}


@pytest.fixture
def threads() -> Iterator[RunningServer]:
    with short_folder() as folder:
        running = RunningServer(folder, "--runner", "threads://2", environment=MORE_RUNNERS)
        yield running
        running.stop()


def estimated(client: Client, steps: int) -> float:
    """Seconds of learning, as the server says."""
    asked = submission("ponder", steps=steps)
    client.session.estimate(Estimate("e" * 32, asked.recipe, asked.layer))
    answer: Estimated = client.wait_for(events.Estimated)
    return answer.tuning_s


def test_edits_questions_and_cancels_go_the_same_way_with_a_runner_from_outside(threads: RunningServer):
    with threads.client("one") as one, threads.client("two") as two:
        long = submission("ponder", steps=500)
        one.start(long)
        one.wait_for(events.Progressed, job=long.job)
        assert two.run(submission("erase")).results
        assert estimated(two, 20) == 2.0
        one.session.cancel(long.job)
        one.wait_for(events.Cancelled, job=long.job)
        assert one.run(submission("ponder", steps=1)).results
    with threads.client() as later:
        assert later.session.welcome.device == "a thread, a thread"
    assert not threads.worker_pids()


def test_an_edit_that_a_runner_from_outside_was_at_when_the_server_ended_is_done_by_the_next(threads: RunningServer):
    with threads.client() as client:
        long = submission("ponder", steps=30)
        client.start(long)
        client.wait_for(events.Progressed, job=long.job)
        threads.stop()
        threads.start()
    with threads.client() as client:
        client.session.attach(long.job)
        assert client.wait_for(events.Arrived, job=long.job).results


def edit(model: str, seed: int) -> Submission:
    return submission("inpaint", 64, 64, prompt="a boat", steps=20, model=model, seed=seed)


@pytest.mark.torch
def test_two_models_on_two_slots_are_each_read_once_though_either_slot_could_take_each_edit():
    from server.models.store.store import ModelStore
    from tests import tiny_models

    with short_folder() as folder:
        for family in ("sd15", "sdxl"):
            tiny_models.install(family, ModelStore(folder / "models"), folder)
        server = RunningServer(folder, "--runner", "pair", environment=MORE_RUNNERS)
        with server.client("one") as one, server.client("two") as two:
            until(lambda: len(server.worker_pids()) == 2, "two workers")
            turns = [(one, "sd15"), (two, "sdxl")]
            for turn in range(3):
                jobs = [(client, edit(model, seed=turn)) for client, model in turns[:: 1 if turn % 2 == 0 else -1]]
                for client, job in jobs:  # whoever begins first could take the other's place
                    client.start(job)
                    client.wait_for(events.Progressed, job=job.job)
                for client, job in jobs:
                    client.wait_for(events.Arrived, job=job.job)
        server.stop()
        assert {name: server.log().count(f"loading {name} ") for name in ("sd15", "sdxl")} == {"sd15": 1, "sdxl": 1}


def test_a_runner_that_is_not_installed_is_refused_with_those_that_are(home: Path):
    command = [sys.executable, "-m", "server.cli", "serve", "--runner", "cluster"]
    refused = subprocess.run(command, env={**os.environ, **MORE_RUNNERS}, cwd=home, text=True, capture_output=True)
    assert refused.returncode != 0
    assert "There is no runner “cluster”." in refused.stderr
    assert "local, pair, threads" in refused.stderr
