"""What learning will take is asked of a real server while a person still writes."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator

import pytest

from server.client import events
from server.client.estimate import QUIET_S, Estimating
from server.client.link import Link
from server.client.submission import Submission
from server.wire.errors import Code, OverpaintError
from server.wire.paths import Home
from tests.running import RunningServer, submission, until

NONE = "Say what it should become; then it is said here how long that takes."
UNDER_WAY = "Working out how long it takes…"


class Desk:
    """A host: what it would send now, and the pieces in which it does so."""

    def __init__(self, link: Link) -> None:
        self.link, self.changes = link, 0
        self.estimating = Estimating(link, self._changed)
        self.steps, self.method = 400, "ponder"
        self.work: Generator[None, None, None] | None = None

    def _changed(self) -> None:
        self.changes += 1

    def _read(self) -> Generator[None, None, Submission]:
        yield
        return submission(self.method, steps=self.steps, prompt="a dog that sits")

    def turn(self, now: float) -> None:
        """One piece at most."""
        if self.estimating.due(now):
            self.work = self.estimating.ask(self._read)
        if self.work is not None and next(self.work, self) is self:
            self.work = None
        self.link.wait(0.02)
        for event in self.link.poll():
            self.estimating.hear(event)

    def answer(self) -> str:
        """What is said once the server has answered what is asked now."""
        until(lambda: self.turn(time.monotonic() + QUIET_S) or self.estimating.text not in (NONE, UNDER_WAY), "it")
        return self.estimating.text


@pytest.fixture
def desk(pondering: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("OVERPAINT_HOME", str(pondering.home))
    link = Link("test", Home.of_user())
    link.open()
    until(lambda: link.poll() is not None and link.welcome is not None, "the server")
    yield Desk(link)
    link.close()


LEARNING = (
    "Learning the picture takes about 40 seconds, each answer then about 1 second. It needs about 0.5 GB of memory."
)


def test_it_says_how_long_and_how_much(desk: Desk) -> None:
    desk.estimating.want("a dog", time.monotonic())
    assert (desk.estimating.text, desk.estimating.wanted) == (UNDER_WAY, True)
    assert desk.answer() == LEARNING
    assert desk.changes == 2


def test_without_a_wish_nothing_is_asked(desk: Desk) -> None:
    desk.estimating.want("a dog", 0.0)
    desk.estimating.want(None, 0.1)
    desk.estimating.again(5.0)
    desk.turn(9.0)
    assert (desk.estimating.text, desk.estimating.wanted, desk.work) == (NONE, False, None)
    assert not desk.link.active


def test_only_what_has_rested_is_asked_about(desk: Desk) -> None:
    for now, wish in ((0.0, "a"), (0.5, "a d"), (1.0, "a dog")):
        desk.estimating.want(wish, now)
        assert not desk.estimating.due(now + QUIET_S / 2)
    assert not desk.estimating.want("a dog", 1.4)
    assert desk.estimating.due(1.0 + QUIET_S)
    desk.turn(1.0 + QUIET_S)
    assert not desk.estimating.due(9.0)


def test_a_large_picture_is_named_in_pieces_and_a_change_meanwhile_begins_anew(desk: Desk) -> None:
    desk.steps = 100
    desk.estimating.want(100, 0.0)
    desk.turn(QUIET_S)
    assert not desk.link.active  # nothing is asked before the name is there
    desk.steps = 400
    desk.estimating.want(400, 1.0)
    assert desk.answer() == LEARNING


def test_what_cannot_be_foretold_is_said_with_its_reason(desk: Desk) -> None:
    desk.method = "erase"
    desk.estimating.want("", time.monotonic())
    assert desk.answer() == "Erase cannot be estimated. Start it: it says itself how long it will take."


def test_the_answer_to_an_older_question_does_not_count(desk: Desk) -> None:
    desk.steps = 100
    desk.estimating.want(100, 0.0)
    assert len(list(desk.estimating.ask(desk._read))) >= 1
    assert desk.estimating.asking
    desk.steps = 400
    desk.estimating.want(400, 1.0)
    assert not desk.estimating.asking
    assert desk.answer() == LEARNING


def test_a_picture_that_cannot_be_read_is_said_unless_something_else_is_wanted_by_then(desk: Desk) -> None:
    def broken() -> Generator[None, None, Submission]:
        yield
        raise OverpaintError(Code.HOST, "‘Ink’ is hidden.", "Show it.")

    desk.estimating.want("a dog", 0.0)
    assert list(desk.estimating.ask(broken)) == [None]
    assert desk.estimating.text == "‘Ink’ is hidden. Show it."
    work = desk.estimating.ask(broken)
    next(work)
    desk.estimating.want("a cat", 1.0)
    assert list(work) == []
    assert desk.estimating.text == UNDER_WAY


def test_what_was_learned_meanwhile_is_asked_about_anew(desk: Desk) -> None:
    desk.estimating.want("a dog", 0.0)
    desk.answer()
    desk.estimating.again(20.0)
    assert not desk.estimating.due(19.9)
    assert desk.estimating.due(20.0)


def test_a_lost_server_is_said(desk: Desk) -> None:
    desk.estimating.want("a dog", 0.0)
    desk.estimating.hear(events.EditFailed("another", OverpaintError(Code.BUSY, "Busy.")))
    assert desk.estimating.text == UNDER_WAY
    desk.estimating.fail(OverpaintError(Code.UNREACHABLE, "The server has stopped."))
    assert desk.estimating.text == "The server has stopped."
