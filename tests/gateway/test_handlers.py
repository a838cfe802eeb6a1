"""What is asked at the desk, with a real book, journal and queue behind it and nobody who works."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import zmq

from server.client.submission import Submission
from server.gateway.dispatch import Dispatch
from server.gateway.handlers import Handlers
from server.gateway.jobs import JobTable
from server.gateway.offer import Offers
from server.gateway.settings import GatewaySettings
from server.journal import Journal
from server.listening.peers import Peer, Received
from server.models.store.store import ModelStore
from server.wire import messages as wire
from server.wire.errors import OverpaintError
from server.wire.messages import JobState
from server.workers.local_runner import LocalRunner
from server.workers.runner import RunnerOptions
from tests.running import submission

ME = Peer("session", "me", "krita")


@dataclass
class Counter:
    """The desk and what it said to whom."""

    home: Path
    context: zmq.Context[zmq.Socket[bytes]] = field(default_factory=zmq.Context)
    said: list[tuple[Peer, wire.Message]] = field(default_factory=list)

    def __post_init__(self) -> None:
        shelf, settings = ModelStore(self.home / "models"), GatewaySettings()
        self.journal = Journal(self.home)
        self.book = JobTable(self.journal)
        self.runner = LocalRunner(RunnerOptions(self.context, self.home, "cpu"))
        self.dispatch = Dispatch(self.book, self.journal, self.runner, lambda *_: True, self.send, settings)
        self.desk = Handlers(self.book, self.journal, self.dispatch, Offers(shelf), self.send, wire.Limits(), settings)

    def send(self, peer: Peer, message: wire.Message, payload: object = None) -> bool:
        self.said.append((peer, message))
        return True

    def tell(self, peer: Peer, message: wire.Message, payload: bytes | None = None) -> None:
        self.desk.answer(Received(peer, message, memoryview(payload) if payload is not None else None))

    def upload(self, peer: Peer, job: Submission) -> None:
        self.tell(peer, job.message())
        self.journal.settle()
        for part in job.parts():
            self.tell(peer, wire.Chunk(job.job, part.name, 0), bytes(part.store.read(0, part.nbytes)))
        self.journal.settle()

    def failures(self) -> list[wire.Failed]:
        return [message for _, message in self.said if isinstance(message, wire.Failed)]

    def close(self) -> None:
        self.runner.close()
        self.journal.close()
        self.context.destroy(linger=0)


@pytest.fixture
def counter(home: Path) -> Iterator[Counter]:
    counter = Counter(home)
    yield counter
    counter.close()


def asked(keep: bool = True) -> Submission:
    return submission("inpaint", prompt="a boat", keep=keep)


def kept(home: Path) -> dict[str, JobState]:
    """What the next server finds."""
    journal = Journal(home)
    book = JobTable(journal)
    book.load(lambda job: None)
    journal.settle()
    found = {job.id: job.state for job in book}
    journal.close()
    return found


APPLICATION = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True); input()"


@pytest.fixture
def application() -> Iterator[tuple[subprocess.Popen[str], Peer]]:
    """A host application, and its plug-in as a peer."""
    with subprocess.Popen(
        [sys.executable, "-c", APPLICATION], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        yield started, Peer("session", "me", "gimp", int(started.stdout.readline()), started.pid)
        started.kill()


def test_an_edit_whose_application_crashed_is_there_for_the_next_server_too(
    counter: Counter, application: tuple[subprocess.Popen[str], Peer]
) -> None:
    process, peer = application
    job = asked(keep=False)
    counter.upload(peer, job)
    process.kill()
    process.wait()
    counter.desk.gone(peer)
    counter.journal.settle()
    assert kept(counter.home) == {job.job: JobState.QUEUED}


def test_an_edit_that_was_to_end_with_its_plug_in_ends_with_it(
    counter: Counter, application: tuple[subprocess.Popen[str], Peer]
) -> None:
    _, peer = application
    job = asked(keep=False)
    counter.upload(peer, job)
    counter.desk.gone(peer)
    counter.journal.settle()
    assert counter.book.get(job.job) is None
    assert kept(counter.home) == {}


def test_an_edit_that_its_host_wants_to_outlive_it_after_all_does(counter: Counter) -> None:
    job = asked(keep=False)
    counter.upload(ME, job)
    counter.tell(ME, replace(job, keep=True).message())
    counter.desk.gone(ME)
    counter.journal.settle()
    assert kept(counter.home) == {job.job: JobState.QUEUED}


def test_pixels_still_under_way_when_their_edit_was_cancelled_are_no_fault(counter: Counter) -> None:
    job = asked()
    counter.tell(ME, job.message())
    counter.journal.settle()
    counter.tell(ME, wire.Cancel(job.job))
    counter.tell(ME, wire.Chunk(job.job, "layer", 0), bytes(100))
    counter.tell(ME, wire.Chunk(job.job, "layer", 100), bytes(100))
    assert counter.failures() == []
    counter.tell(Peer("other", "another", ""), wire.Chunk(job.job, "layer", 0), bytes(100))
    assert [failed.code for failed in counter.failures()] == [wire.Code.UNKNOWN_JOB]


def test_what_a_host_asked_that_has_gone_is_asked_no_more(counter: Counter) -> None:
    job = asked()

    def ask(number: int) -> None:
        counter.dispatch.ask(ME, wire.Estimate(f"{number:032x}", job.recipe, job.layer))

    for number in range(32):
        ask(number)
    with pytest.raises(OverpaintError) as refused:
        ask(32)
    assert refused.value.code is wire.Code.BUSY
    counter.desk.gone(ME)
    ask(33)
