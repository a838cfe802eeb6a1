"""The runner of this machine with real processes."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import zmq

from server.journal import SpoolFiles
from server.workers import link
from server.workers.local_runner import LocalRunner
from server.workers.runner import RunnerOptions, Slot, Task
from server.workers.threads import PATIENT
from tests.running import until


@pytest.fixture
def runner(home: Path) -> Iterator[LocalRunner]:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    runner = LocalRunner(RunnerOptions(context, home, "cpu"))
    yield runner
    runner.close()
    context.destroy(linger=0)


def hear(runner: LocalRunner, kind: type) -> object:
    found: list[object] = []

    def look() -> bool:
        runner.tick(time.monotonic())
        found.extend(note for _, note, _ in runner.reports() if isinstance(note, kind))
        return bool(found)

    until(look, kind.__name__)
    return found[0]


def idle(runner: LocalRunner) -> list[Slot]:
    return [slot for slot in runner.slots if slot.idle]


def test_a_worker_is_ready_and_says_what_it_computes_on(runner: LocalRunner):
    hear(runner, link.Ready)
    assert idle(runner) == runner.workers
    hear(runner, link.Devices)
    assert runner.workers[0].title == "CPU"
    assert runner.problem == ""


def test_a_workers_threads_wait_asleep_unless_the_user_says_otherwise(home: Path, monkeypatch):
    monkeypatch.setenv("KMP_BLOCKTIME", "200")
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    runner = LocalRunner(RunnerOptions(context, home, "cpu"))
    hear(runner, link.Ready)
    environment = psutil.Process(runner.workers[0].pid).environ()
    runner.close()
    context.destroy(linger=0)
    assert {**PATIENT, "KMP_BLOCKTIME": "200"}.items() <= environment.items()


def test_a_worker_that_dies_is_started_again(runner: LocalRunner):
    hear(runner, link.Ready)
    before = runner.workers[0].pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    died = hear(runner, link.Died)
    assert isinstance(died, link.Died)
    assert died.status == -signal.SIGKILL
    assert not idle(runner)
    hear(runner, link.Ready)
    assert runner.workers[0].pid != before


def test_a_worker_that_cannot_start_is_a_problem_in_words_and_is_tried_again_ever_more_rarely(
    runner: LocalRunner, monkeypatch
):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    hear(runner, link.Died)
    assert "does not start" in runner.problem
    first = runner.workers[0].start_at - time.monotonic()
    assert first <= 1.0
    hear(runner, link.Died)
    assert runner.workers[0].start_at - time.monotonic() > first
    monkeypatch.undo()
    hear(runner, link.Ready)
    assert runner.problem == ""


@pytest.mark.skipif(os.name != "posix", reason="a script of the shell plays the worker")
def test_the_last_words_of_a_worker_that_cannot_start_are_passed_on(runner: LocalRunner, home: Path, monkeypatch):
    script = home / "python"
    script.write_text("#!/bin/sh\necho loading >&2\necho no such library >&2\n")
    script.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(script))
    hear(runner, link.Died)
    assert "(no such library)" in runner.problem


def test_a_worker_whose_program_is_gone_is_looked_for_ever_more_rarely(runner: LocalRunner, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    for pause in (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0):
        now = runner.workers[0].start_at
        runner.tick(now)
        assert "cannot be started" in runner.problem
        assert runner.workers[0].start_at == now + pause


def test_closing_the_runner_ends_its_processes(home: Path):
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    runner = LocalRunner(RunnerOptions(context, home, "cpu"))
    hear(runner, link.Ready)
    pid = runner.workers[0].pid
    assert pid is not None
    runner.close()
    context.destroy(linger=0)
    assert not psutil.pid_exists(pid)


@pytest.mark.skipif(os.name != "posix", reason="SIGSTOP")
def test_a_worker_that_is_stopped_takes_orders_without_making_us_wait_and_is_replaced(home: Path):
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    runner = LocalRunner(RunnerOptions(context, home, "cpu", silent_after=4.0))
    hear(runner, link.Ready)
    (worker,) = runner.workers
    stopped = psutil.Process(worker.pid)
    stopped.suspend()
    began = time.monotonic()
    for _ in range(40):
        worker.run(Task("a" * 32, SpoolFiles(Path("x" * 8000))))
    assert time.monotonic() - began < 1.0
    hear(runner, link.Died)
    hear(runner, link.Ready)
    assert worker.pid != stopped.pid
    runner.close()
    context.destroy(linger=0)


def test_closing_does_not_wait_for_a_worker_that_is_stopped_with_its_orders_unread(home: Path):
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    runner = LocalRunner(RunnerOptions(context, home, "cpu"))
    hear(runner, link.Ready)
    psutil.Process(runner.workers[0].pid).suspend()
    runner.workers[0].run(Task("a" * 32, SpoolFiles(Path("x" * 200_000))))
    began = time.monotonic()
    runner.close()
    context.destroy(linger=0)
    assert time.monotonic() - began < 10.0


def test_the_gateways_own_sleep_is_no_workers_silence(runner: LocalRunner):
    hear(runner, link.Ready)
    before = runner.workers[0].pid
    runner.tick(time.monotonic() + 1000.0)
    hear(runner, link.Beat)
    assert runner.workers[0].pid == before


def test_the_light_worker_lives_while_there_is_work_for_it(home: Path):
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    runner = LocalRunner(RunnerOptions(context, home, "cpu"), light_rests=0.5)
    hear(runner, link.Ready)
    assert runner.light.process is None
    runner.want_light()
    hear(runner, link.Ready)
    assert idle(runner) == [runner.light, *runner.workers]
    died = hear(runner, link.Died)
    assert isinstance(died, link.Died)
    assert died.status == 0
    runner.tick(time.monotonic())
    assert runner.light.process is None
    assert runner.problem == ""
    runner.want_light()
    hear(runner, link.Ready)
    runner.close()
    context.destroy(linger=0)


def test_where_memory_is_short_the_light_worker_is_not_started(runner: LocalRunner, monkeypatch):
    monkeypatch.setattr("server.workers.local_runner._LIGHT_NEEDS", 1 << 60)
    runner.want_light()
    assert runner.light.process is None
