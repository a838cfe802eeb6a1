"""Imagic through a real gateway and worker, which is killed in the middle of learning."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from server.client import events
from server.models.store.store import ModelStore
from tests.conftest import short_folder
from tests.running import RunningServer, submission, until

pytestmark = [pytest.mark.torch, pytest.mark.timeout(600)]

WORDS = "Learning the words"
STEPS = 1000 + 1500
"""Of the published recipe."""


@pytest.fixture
def learning() -> Iterator[RunningServer]:
    from tests import tiny_models

    with short_folder() as folder:
        tiny_models.install("sd15", ModelStore(folder / "models"), folder)
        running = RunningServer(folder, "--device", "cpu", environment={"OMP_NUM_THREADS": "1"})
        yield running
        running.stop()


def test_a_killed_worker_loses_at_most_a_twentieth_of_the_learning(learning: RunningServer):
    with learning.client() as client:
        job = submission("imagic", 64, 64, prompt="a boat", preset="paper", steps=2)
        client.start(job)
        until(lambda: step(client) >= 160, "160 steps of learning", patience=280)
        before = step(client)
        heard = len(client.heard)
        for pid in learning.worker_pids():
            os.kill(pid, signal.SIGKILL)
        until(lambda: step(client, heard) > 0, "the learning to go on", patience=280)
        resumed = next(event.step for event in learned(client, heard))
        client.session.cancel(job.job)
        client.wait_for(events.Cancelled)
    assert resumed >= before - STEPS / 20


def learned(client, since: int = 0) -> list[events.Progressed]:
    client.heard += client.session.poll()
    return [event for event in client.heard[since:] if getattr(event, "stage", "") == WORDS]


def step(client, since: int = 0) -> int:
    """The last one that was reported."""
    steps = learned(client, since)
    return steps[-1].step if steps else 0
