"""Whose a job is: another machine's host, with a key of its own, finds nothing of ours, whatever it calls itself."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server.client import events
from server.client.submission import Submission
from server.listening import authorized
from server.wire import frames, keys
from server.wire import messages as wire
from server.wire.connection import ConnectionFile
from server.wire.errors import Code
from server.wire.messages import JobState
from tests.conftest import short_folder
from tests.running import PONDERING, Client, RunningServer, submission, until


@pytest.fixture(scope="module")
def shared() -> Iterator[RunningServer]:
    """A server over TCP that has let two more machines in."""
    with short_folder() as folder:
        running = RunningServer(folder, "--transport", "tcp", environment=PONDERING)
        yield running
        running.stop()


LETTERS = {code: "x" for code in range(33, 127) if not chr(code).isalnum()}


def let_in(server: RunningServer, name: str) -> ConnectionFile:
    pair = keys.new_pair()
    authorized.let_in(server.home, f"{name}-{pair.public[:6].translate(LETTERS)}", pair.public)
    return replace(server.connection, client_public=pair.public, client_secret=pair.secret)


@pytest.fixture
def guest(shared: RunningServer) -> Iterator[Client]:
    client = Client(let_in(shared, "guest"), "me")
    yield client
    client.close()


@pytest.fixture
def mine(shared: RunningServer) -> Iterator[tuple[Client, Submission]]:
    """This user's host, and a finished edit of it that it has not taken home yet."""
    with shared.client("me") as client:
        job = submission("ponder", steps=1, prompt="a secret")
        client.wait_for(events.Arrived, job=client.start(job))
        yield client, job
        client.session.acknowledge(job.job)


def failure(client: Client, ask: object) -> wire.Failed:
    """What a message is answered with on the data socket, beside all that the session follows by itself."""
    client.session._say(ask)
    heard: list[wire.Failed] = []
    original = client.session._handle_job
    client.session._handle_job = lambda message, payload: (  # type: ignore[method-assign]
        heard.append(message) if isinstance(message, wire.Failed) else original(message, payload)
    )
    until(lambda: client.session.wait(0.05) or client.session.poll() is None or heard, "a refusal")
    client.session._handle_job = original  # type: ignore[method-assign]
    return heard[0]


@pytest.mark.parametrize("ask", [wire.Attach, lambda job: wire.Fetch(job, "result-0")], ids=["attach", "fetch"])
def test_what_is_not_ones_own_is_refused_as_if_it_had_never_been(mine: tuple[Client, Submission], guest: Client, ask):
    _, job = mine
    never = "e" * 32
    refused, unknown = failure(guest, ask(job.job)), failure(guest, ask(never))
    assert refused.code is unknown.code is Code.UNKNOWN_JOB
    assert (refused.sentence, refused.hint) == (unknown.sentence, unknown.hint)


def test_a_list_has_ones_own_jobs_only(mine: tuple[Client, Submission], guest: Client):
    client, job = mine
    assert job.job in client.jobs()
    assert guest.jobs() == {}


def test_a_strangers_cancel_and_acknowledge_change_nothing_and_are_answered_as_ever(
    mine: tuple[Client, Submission], guest: Client
):
    client, job = mine
    guest.session.cancel(job.job)
    guest.wait_for(events.Cancelled)
    guest.session.acknowledge(job.job)
    guest.wait_for(events.Acknowledged)
    assert client.jobs()[job.job] is JobState.FINISHED


def test_a_job_that_runs_is_not_stopped_by_a_stranger_who_knows_its_name(shared: RunningServer, guest: Client):
    with shared.client("me") as client:
        job = submission("ponder", steps=8)
        client.start(job)
        client.wait_for(events.Progressed)
        guest.session.cancel(job.job)
        guest.wait_for(events.Cancelled)
        client.wait_for(events.Arrived, job=job.job)
        client.session.acknowledge(job.job)


def test_a_chunk_for_a_strangers_upload_is_refused_and_spoils_nothing(shared: RunningServer, guest: Client):
    with shared.client("me") as client:
        job = submission("ponder", 700, 700, steps=1)
        client.start(job)
        frames.send(guest.session._sockets[wire.Channel.DATA], wire.Chunk(job.job, "layer", 0), b"evil")
        client.wait_for(events.Arrived, job=job.job)
        client.session.acknowledge(job.job)


def test_a_question_under_the_name_of_anothers_job_takes_no_answer_from_it(shared: RunningServer, guest: Client):
    with shared.client("me") as client:
        job = submission("ponder", steps=5, prompt="raise")
        client.start(job)
        client.wait_for(events.Progressed)
        guest.session.estimate(replace(submission("ponder", steps=1).question(), question=job.job))
        assert client.wait_for(events.EditFailed, job=job.job).error.code is Code.EDIT_FAILED
        assert guest.wait_for(events.Estimated).question == job.job


def test_nobody_learns_from_an_estimate_that_somebody_else_has_this_picture(shared: RunningServer, guest: Client):
    picture = submission("ponder", 40, 40, steps=1)
    with shared.client("me") as client:
        client.run(picture)
        client.session.estimate(picture.question())
        assert client.wait_for(events.Estimated).learned == 1.0
    guest.session.estimate(picture.question())
    assert guest.wait_for(events.Estimated).learned == 0.0
    guest.run(replace(picture, job=submission().job))
    guest.session.estimate(picture.question())
    assert guest.wait_for(events.Estimated).learned == 1.0


def test_two_machines_that_were_let_in_are_strangers_to_each_other(shared: RunningServer, guest: Client):
    other = Client(let_in(shared, "other"), "me")
    job = submission("ponder", steps=1)
    guest.wait_for(events.Arrived, job=guest.start(job))
    assert list(guest.jobs()) == [job.job]
    assert other.jobs() == {}
    guest.session.acknowledge(job.job)
    other.close()


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "../up", "ключ"])
def test_a_host_cannot_call_itself_what_would_pass_for_another_machine(shared: RunningServer, name: str):
    with pytest.raises(AssertionError, match="bad-request"):
        Client(shared.connection, name)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_nothing_in_the_servers_folder_can_be_read_by_other_users(mine: tuple[Client, Submission], shared):
    files = [path for path in shared.home.rglob("*") if not path.is_symlink()]
    assert {"request.json", "result-0", "result.json", "server.log", "journal.sqlite"} <= {path.name for path in files}
    open_to_others = [path for path in [shared.home, *files] if open_to_other_users(path)]
    assert open_to_others == []


def open_to_other_users(path: Path) -> bool:
    """What is gone by now is open to nobody: the server tidies its folder while it is looked at."""
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
    except FileNotFoundError:
        return False
