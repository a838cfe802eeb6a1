"""What a host asked for is answered although the server has dropped its session, or never answered in it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.client import events
from server.client.blocking import Client
from server.client.link import Link
from server.client.pending import Acknowledging, PendingRequests
from server.wire.errors import Code, OverpaintError
from server.wire.paths import Home
from tests.conftest import short_folder
from tests.running import PONDERING, RunningServer, until
from tests.running import submission as small

from .conftest import CHECKOUT, EchoProcess, submission
from .test_link import collect

Echo = Callable[..., EchoProcess]


@pytest.fixture
def forgetful(echo: Echo) -> EchoProcess:
    """A server that drops a session after two seconds of silence."""
    return echo("ipc", "--silent-after", "2")


def fall_silent(server: EchoProcess) -> None:
    """Returns when the server has dropped the one session; the host, which does not poll meanwhile, cannot know."""
    assert server.process.stdout is not None
    assert server.process.stdout.readline() == "gone test\n"


def test_an_answer_is_acknowledged_in_a_new_session(forgetful: EchoProcess) -> None:
    sent = submission()
    with Client("test", Home.of_user()) as client:
        client.run(sent)
        fall_silent(forgetful)
        client.acknowledge(sent.job)
        assert client.jobs() == ()


def test_jobs_are_listed_and_cancelled_in_a_new_session(forgetful: EchoProcess) -> None:
    sent = submission()
    with Client("test", Home.of_user()) as client:
        client.run(sent)
        fall_silent(forgetful)
        assert [line.job for line in client.jobs()] == [sent.job]
        fall_silent(forgetful)
        client.cancel(sent.job)
        assert client.jobs() == ()


def test_a_question_is_answered_in_a_new_session(forgetful: EchoProcess) -> None:
    with Client("test", Home.of_user()) as client:
        client.hello()
        fall_silent(forgetful)
        assert client.estimate(submission()).question


def test_a_job_begun_in_a_dropped_session_is_done_in_the_next_one_and_nobody_is_told_of_it(
    forgetful: EchoProcess,
) -> None:
    sent = submission()
    with contextlib.closing(Link("test", Home.of_user())) as link:
        link.open()
        collect(link, events.Welcomed)
        fall_silent(forgetful)
        link.start(sent)
        happened = collect(link, events.Arrived)
        assert not any(isinstance(event, (events.Interrupted, events.ServerLost)) for event in happened)
        assert not link.active


def test_an_idle_host_returns_without_a_word_to_a_server_that_lives(forgetful: EchoProcess) -> None:
    with contextlib.closing(Link("test", Home.of_user())) as link:
        link.open()
        collect(link, events.Welcomed)
        fall_silent(forgetful)
        assert [type(event) for event in collect(link, events.Welcomed)] == [events.Welcomed]
        assert link.welcome is not None


def test_a_server_in_which_no_session_lasts_is_an_error_in_the_end(echo: Echo) -> None:
    echo("ipc", "--silent-after", "0")
    sent = submission()
    with contextlib.closing(Link("test", Home.of_user())) as link:
        link.start(sent)
        failed = next(event for event in collect(link, events.EditFailed) if isinstance(event, events.EditFailed))
        assert (failed.job, failed.error.code) == (sent.job, Code.UNREACHABLE)
        link.acknowledge(sent.job)
        collect(link, events.ServerLost)
        assert not link.active


def test_losses_before_a_session_that_lasted_do_not_count() -> None:
    gone = OverpaintError(Code.UNREACHABLE, "The server has stopped.")
    owed = PendingRequests()
    owed.add(Acknowledging("job"))
    for _ in range(10):  # an edit of hours, and a laptop that sleeps now and then
        owed.forgive()
        owed.count_loss(gone)
        owed.give_up(gone, server_lives=True)
        assert owed


@pytest.mark.parametrize(("code", "borne"), [(Code.UNREACHABLE, 3), (Code.HUNG, 12), (Code.VERSION_MISMATCH, 0)])
def test_a_silent_server_is_given_longer_than_one_that_is_gone_and_another_version_no_second_try(
    code: Code, borne: int
) -> None:
    error, owed, bears = OverpaintError(code, "It happened."), PendingRequests(), 0
    owed.add(Acknowledging("job"))
    while owed:
        owed.count_loss(error)
        owed.give_up(error, server_lives=False)
        bears += bool(owed)
    assert bears == borne


# --- a host that stands still, at a real server ------------------------------------------------

HOST = """
import sys
from server.client import events
from server.client.blocking import Client
from server.wire.paths import Home
from tests.running import submission

def tell(event):
    if isinstance(event, events.Progressed):
        print("painting", flush=True)

job = submission("ponder", steps=15, keep=sys.argv[1] == "keep")
print(job.job, flush=True)
with Client("stopped", Home.of_user()) as client:
    arrived = client.run(job, tell)
    client.acknowledge(arrived.job)
    print("acknowledged", len(client.jobs()), flush=True)
"""


@contextlib.contextmanager
def host(home: Path, keep: str) -> Iterator[subprocess.Popen[str]]:
    """A host in a process of its own, whose edit has just begun to be painted."""
    process = subprocess.Popen([sys.executable, "-c", HOST, keep], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def words(process: subprocess.Popen[str], *, last: str) -> str:
    """Reads on to a line that begins with ``last``."""
    assert process.stdout is not None
    return next(line for line in process.stdout if line.startswith(last))


SILENT_AFTER_S = 4.0
"""Seconds until a server made for this drops a session; less would drop the host while it starts on a busy machine."""


@pytest.fixture
def impatient() -> Iterator[RunningServer]:
    with short_folder() as folder:
        environment = {**PONDERING, "OVERPAINT_TEST_SILENT_AFTER": str(SILENT_AFTER_S)}
        running = RunningServer(folder, environment=environment)
        yield running
        running.stop()


@pytest.mark.parametrize("keep", ["keep", "cancel"])
def test_a_host_stopped_until_the_server_has_dropped_it_has_its_answer_when_it_goes_on(
    impatient: RunningServer, monkeypatch: pytest.MonkeyPatch, keep: str
) -> None:
    monkeypatch.setenv("OVERPAINT_HOME", str(impatient.home))
    with host(impatient.home, keep) as process:
        assert process.stdout is not None
        job = process.stdout.readline().strip()
        words(process, last="painting")
        process.send_signal(signal.SIGSTOP)
        stopped, spooled = time.monotonic(), impatient.home / "spool" / job
        until(lambda: time.monotonic() - stopped > SILENT_AFTER_S + 1, "the server to drop the host")
        if keep == "keep":
            until((spooled / "result.json").exists, "the edit to be made without its host")
        else:
            until(lambda: not spooled.exists(), "the edit to be given up")
        process.send_signal(signal.SIGCONT)
        assert words(process, last="acknowledged") == "acknowledged 0\n"


def test_an_edit_submitted_again_while_it_is_being_given_up_begins_anew(own_server: RunningServer) -> None:
    job = small("ponder", steps=1, prompt="hang", keep=False)
    with own_server.client() as first:
        first.start(job)
        first.wait_for(events.Progressed)
    with own_server.client() as again:
        until(lambda: job.job not in again.jobs(), "the edit to be given up")
        again.start(job)
        again.wait_for(events.Uploading)
        again.session.cancel(job.job)
        again.wait_for(events.Cancelled)
