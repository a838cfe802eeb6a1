"""What the server does not keep or take for ever, with the patience of a test."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from server.client import blocking, events
from server.gateway.admission import room_for
from server.gateway.jobs import JobTable
from server.gateway.loop import Gateway
from server.gateway.serve import kept_log
from server.gateway.settings import GatewaySettings
from server.journal import RESULT, Journal
from server.wire import codec
from server.wire.connection import read_connection
from server.wire.errors import Code, FullError
from server.wire.messages import Finished, JobState
from server.wire.paths import Home
from server.wire.recipe import Recipe
from server.wire.results import ResultBlob, ResultKind
from tests.conftest import short_folder
from tests.running import PONDERING, Client, RunningServer, submission, until


@contextmanager
def gateway(home: Path, settings: GatewaySettings) -> Iterator[threading.Thread]:
    """A real gateway in a thread, so that it may have settings of its own."""
    made: list[Gateway] = []

    def serve() -> None:
        made.append(Gateway(home, settings))
        made[0].run()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        until(lambda: made, "the server to answer")
        yield thread
    finally:
        made[0].stop()
        thread.join()


def test_a_server_that_nobody_needs_ends_and_leaves_no_connection_file(home):
    with gateway(home, GatewaySettings(end_after=1.0)) as thread:
        until(lambda: not thread.is_alive(), "the server to end by itself")
        assert read_connection(home / "connection.json") is None


def test_a_server_with_a_client_stays(home):
    with gateway(home, GatewaySettings(end_after=3.0)) as thread:
        client = Client(read_connection(home / "connection.json"))
        greeted = time.monotonic()
        while time.monotonic() - greeted < 4.0:
            client.session.wait(0.1)
            client.session.poll()
        assert client.jobs() == {}
        assert thread.is_alive()
        client.close()


def test_more_than_it_can_hold_is_refused_as_busy_and_taken_later(home):
    with gateway(home, GatewaySettings(max_waiting=1)):
        client = Client(read_connection(home / "connection.json"))
        first = submission("erase", 2000, 2000)
        client.start(first)
        client.wait_for(events.Uploading)
        error = client.refused(submission("erase"))
        assert error.code is Code.BUSY
        assert error.hint
        client.session.cancel(first.job)
        until(lambda: client.jobs() == {}, "the first to be forgotten")
        second = submission("erase")
        client.start(second)
        client.wait_for(events.Uploading, job=second.job)
        client.close()


def test_who_finds_no_place_is_shown_as_waiting_and_begins_by_itself(home):
    with gateway(home, GatewaySettings(max_waiting=1)):
        first = Client(read_connection(home / "connection.json"))
        taken = submission("erase", 2000, 2000)
        first.start(taken)
        first.wait_for(events.Uploading)
        heard: list[events.Event] = []

        def hear(event: events.Event) -> None:
            heard.append(event)
            if isinstance(event, events.Queued) and event.place == 1:
                first.session.cancel(taken.job)
                first.session.poll()

        with blocking.Client("cli", Home.of_user()) as client:
            client.run(submission("erase"), hear)
        assert next(event.place for event in heard if isinstance(event, events.Queued)) == 1
        first.close()


def test_an_edit_that_will_never_find_a_place_is_refused_instead_of_waiting_for_one(home):
    large = submission("erase", 2000, 2000)
    with gateway(home, GatewaySettings(max_bytes_each=room_for(large.message()) - 1)):
        client = Client(read_connection(home / "connection.json"))
        assert client.refused(large).code is Code.TOO_LARGE
        client.close()


def test_one_clients_many_edits_leave_room_for_another(home):
    with gateway(home, GatewaySettings(max_waiting_each=1)):
        many = Client(read_connection(home / "connection.json"), "many")
        many.start(submission("erase", 2000, 2000))
        many.wait_for(events.Uploading)
        assert many.refused(submission("erase")).code is Code.BUSY
        other = Client(read_connection(home / "connection.json"), "other")
        other.start(submission("erase"))
        other.wait_for(events.Uploading)
        many.close()
        other.close()


ONE = room_for(submission("erase", 500, 500).message())


@pytest.mark.parametrize(
    "settings", [GatewaySettings(max_bytes_each=ONE), GatewaySettings(max_bytes=ONE)], ids=["each", "all"]
)
def test_announced_bytes_are_limited_for_one_client_and_for_all(home, settings):
    with gateway(home, settings):
        client = Client(read_connection(home / "connection.json"))
        client.start(submission("erase", 500, 500))
        client.wait_for(events.Uploading)
        error = client.refused(submission("erase"))
        assert isinstance(error, FullError)
        assert error.ahead == 1
        client.close()


def test_a_disk_without_room_refuses_before_the_upload(home):
    with gateway(home, GatewaySettings(spare_disk=1 << 60)):
        client = Client(read_connection(home / "connection.json"))
        assert client.refused(submission("erase")).code is Code.DISK_FULL
        client.close()


def book_with_results(home: Path, *ages: float) -> tuple[Journal, JobTable, list[str]]:
    """A book with one finished, unacknowledged result of 1000 bytes for each age in seconds."""
    journal = Journal(home)
    names = []
    for _ in ages:
        job = submission("erase", 25, 10)
        layer = ResultBlob(ResultKind.REPAINT, "result-0", job.layer, 1)
        journal.add("me", job.message())
        journal.make("me", job.message())
        journal.settle()
        (journal.folder(job.job) / "result-0").write_bytes(bytes(1000))
        (journal.folder(job.job) / RESULT).write_text(
            codec.to_text(Finished(job.job, Recipe("erase"), job.layer.bounds, (layer,)))
        )
        names.append(job.job)
    book = JobTable(journal)
    book.load(lambda job: None)
    list(book)
    for name, age in zip(names, ages, strict=True):
        journal._put(replace(journal._entries[name], changed=journal.clock.now - age))
    return journal, book, names


def expired(journal: Journal, book: JobTable, settings: GatewaySettings) -> list[str]:
    gone = []
    for job in book.sweep(journal.clock.now, settings):
        if job is not None:
            book.forget(job)
            gone.append(job.id)
    return gone


def test_a_result_nobody_fetched_goes_when_it_is_too_old(home):
    journal, book, (old, new) = book_with_results(home, 900, 100)
    assert expired(journal, book, GatewaySettings(keep_results_for=500)) == [old]
    assert {job.id: job.state for job in book}[new] is JobState.FINISHED
    journal.close()


def test_of_too_many_results_the_oldest_go(home):
    journal, book, (first, second, _) = book_with_results(home, 30, 20, 10)
    assert expired(journal, book, GatewaySettings(keep_bytes=2000)) == [first]
    assert expired(journal, book, GatewaySettings(keep_bytes=1000)) == [second]
    journal.close()


def test_a_server_whose_folder_was_deleted_ends(home):
    with gateway(home, GatewaySettings()) as thread:
        shutil.rmtree(home)
        until(lambda: not thread.is_alive(), "the server to notice that nobody can find it")


def test_the_log_holds_what_is_asked_for_only_where_that_was_asked_for():
    for options, logged in (((), False), (("--log-prompts",), True)):
        with short_folder() as folder:
            running = RunningServer(folder, *options, environment=PONDERING)
            with running.client() as client:
                client.start(submission("erase", prompt="a velvet curtain"))
                client.wait_for(events.Uploading)
            assert running.stop() == 0
            assert ("velvet" in running.log()) is logged


@pytest.mark.skipif(os.name != "posix", reason="SIGSTOP")
def test_the_job_of_a_worker_that_was_stopped_is_taken_up_by_another(home):
    others = set(psutil.Process().children())  # of earlier tests
    with gateway(home, GatewaySettings(worker_silent_after=6.0)):
        client = Client(read_connection(home / "connection.json"))
        job = submission("erase")
        until(lambda: set(psutil.Process().children()) - others, "the worker")
        (worker,) = set(psutil.Process().children()) - others
        worker.suspend()
        client.start(job)
        assert client.wait_for(events.Arrived, job=job.job).results
        assert worker not in psutil.Process().children()
        client.close()


def log_at(home: Path, count: int = 1) -> None:
    for number in range(count):
        logging.getLogger("x").info("%d %s", number, "y" * 1000)


def test_the_log_keeps_its_bound(home):
    with kept_log(home):
        log_at(home, 9000)
    files = list((home / "logs").iterdir())
    assert sum(path.stat().st_size for path in files) <= 4 << 20
    assert len(files) == 4


def test_the_log_has_the_place_of_a_fault_and_not_its_words(home):
    with kept_log(home):
        try:
            raise KeyError("a velvet curtain")
        except KeyError:
            logging.getLogger("x").exception("it broke")
    text = (home / "logs" / "server.log").read_text()
    assert "KeyError at test_limits.py:" in text
    assert "velvet" not in text


@pytest.mark.skipif(os.name != "posix", reason="pipes with a name")
def test_a_log_that_cannot_be_written_keeps_nobody_waiting(home, capfd):
    (home / "logs").mkdir()
    os.mkfifo(home / "logs" / "server.log")
    reader = os.open(home / "logs" / "server.log", os.O_RDONLY | os.O_NONBLOCK)  # opens, and then reads nothing
    began = time.monotonic()
    with kept_log(home):
        log_at(home, 20_000)
        took = time.monotonic() - began
    os.close(reader)
    assert took < 10.0
    assert capfd.readouterr().err == ""
