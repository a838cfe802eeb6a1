"""The pool with real processes."""

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
from server.workers.pool import Pool
from server.workers.threads import PASSIVE
from tests.running import until


@pytest.fixture
def pool(home: Path) -> Iterator[Pool]:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    pool = Pool(context, home, "cpu")
    yield pool
    pool.close()
    context.destroy(linger=0)


def hear(pool: Pool, kind: type) -> object:
    found: list[object] = []

    def look() -> bool:
        pool.tick(time.monotonic())
        found.extend(note for _, note, _ in pool.receive() if isinstance(note, kind))
        return bool(found)

    until(look, kind.__name__)
    return found[0]


def test_a_worker_is_ready_and_says_what_it_computes_on(pool: Pool):
    hear(pool, link.Ready)
    assert pool.idle() is pool.workers[0]
    hear(pool, link.Devices)
    assert pool.device == "CPU"
    assert pool.problem == ""


def test_a_workers_threads_wait_asleep_unless_the_user_says_otherwise(home: Path, monkeypatch):
    monkeypatch.setenv("KMP_BLOCKTIME", "200")
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    pool = Pool(context, home, "cpu")
    hear(pool, link.Ready)
    environment = psutil.Process(pool.workers[0].pid).environ()
    pool.close()
    context.destroy(linger=0)
    assert {**PASSIVE, "KMP_BLOCKTIME": "200"}.items() <= environment.items()


def test_a_worker_that_dies_is_started_again(pool: Pool):
    hear(pool, link.Ready)
    before = pool.workers[0].pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    died = hear(pool, link.Died)
    assert isinstance(died, link.Died)
    assert died.status == -signal.SIGKILL
    assert pool.idle() is None
    hear(pool, link.Ready)
    assert pool.workers[0].pid != before


def test_a_worker_that_cannot_start_is_a_problem_in_words_and_is_tried_again_ever_more_rarely(pool: Pool, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    hear(pool, link.Died)
    assert "does not start" in pool.problem
    first = pool.workers[0].start_at - time.monotonic()
    hear(pool, link.Died)
    assert pool.workers[0].start_at - time.monotonic() > first
    monkeypatch.undo()
    hear(pool, link.Ready)
    assert pool.problem == ""


def test_closing_the_pool_ends_its_processes(home: Path):
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    pool = Pool(context, home, "cpu")
    hear(pool, link.Ready)
    pid = pool.workers[0].pid
    assert pid is not None
    pool.close()
    context.destroy(linger=0)
    assert not psutil.pid_exists(pid)


@pytest.mark.skipif(os.name != "posix", reason="SIGSTOP")
def test_a_worker_that_is_stopped_takes_orders_without_making_us_wait_and_is_replaced(home: Path):
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    pool = Pool(context, home, "cpu", silent_after=4.0)
    hear(pool, link.Ready)
    (worker,) = pool.workers
    stopped = psutil.Process(worker.pid)
    stopped.suspend()
    began = time.monotonic()
    for _ in range(40):
        worker.run("a" * 32, SpoolFiles(Path("x" * 8000)))
    assert time.monotonic() - began < 1.0
    hear(pool, link.Died)
    worker.done()
    hear(pool, link.Ready)
    assert worker.pid != stopped.pid
    pool.close()
    context.destroy(linger=0)


def test_closing_does_not_wait_for_a_worker_that_is_stopped_with_its_orders_unread(home: Path):
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    pool = Pool(context, home, "cpu")
    hear(pool, link.Ready)
    psutil.Process(pool.workers[0].pid).suspend()
    pool.workers[0].run("a" * 32, SpoolFiles(Path("x" * 200_000)))
    began = time.monotonic()
    pool.close()
    context.destroy(linger=0)
    assert time.monotonic() - began < 10.0


def test_the_gateways_own_sleep_is_no_workers_silence(pool: Pool):
    hear(pool, link.Ready)
    before = pool.workers[0].pid
    pool.tick(time.monotonic() + 1000.0)
    hear(pool, link.Beat)
    assert pool.workers[0].pid == before


def test_the_light_worker_lives_while_there_is_work_for_it(home: Path):
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    pool = Pool(context, home, "cpu", light_rests=0.5)
    hear(pool, link.Ready)
    assert pool.light.process is None
    pool.want_light()
    hear(pool, link.Ready)
    assert pool.idle(light=True) is pool.light
    assert pool.idle() is pool.workers[0]
    died = hear(pool, link.Died)
    assert isinstance(died, link.Died)
    assert died.status == 0
    pool.tick(time.monotonic())
    assert pool.light.process is None
    assert pool.problem == ""
    pool.want_light()
    hear(pool, link.Ready)
    pool.close()
    context.destroy(linger=0)


def test_where_memory_is_short_the_light_worker_is_not_started(pool: Pool, monkeypatch):
    monkeypatch.setattr("server.workers.pool._LIGHT_NEEDS", 1 << 60)
    pool.want_light()
    assert pool.light.process is None
