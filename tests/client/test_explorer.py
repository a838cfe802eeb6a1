"""The slider of a learned picture, over a real server; what a host does with it is in tests/gimp and tests/hosts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from server.client import events
from server.client.explorer import Explorer
from server.client.link import Link
from server.client.strengths import QUIET_S, SWEEP, Point, swept
from server.client.submission import Submission, new_job_id
from server.wire.errors import Code, OverpaintError
from server.wire.messages import Queued
from server.wire.paths import Home
from tests.running import RunningServer, submission, until


class Desk:
    """A host with one slider. changes: how often something changed; heard: answers that came."""

    def __init__(self, link: Link) -> None:
        self.link, self.changes = link, 0
        self.heard: list[str] = []
        plain = submission("ponder", seed=7, keep=False, prompt="a dog that sits", steps=1)
        request = Submission(swept(plain.recipe), plain.layer, plain.pixels, plain.mask, keep=False)
        self.explorer: Explorer[int] = Explorer(link, request, Point(7, 0.7), self._changed)
        self.first = link.start(request)

    def _changed(self) -> None:
        self.changes += 1

    def turn(self) -> None:
        self.link.wait(0.05)
        for event in self.link.poll():
            if isinstance(event, events.Arrived):
                self.heard.append(event.job)
                self.explorer.take(event, range(len(event.results)))
            else:
                self.explorer.hear(event)
        if self.heard:
            self.explorer.ask(time.monotonic())

    def until(self, done: Callable[[], object], what: str) -> None:
        until(lambda: self.turn() or done(), what)

    def want(self, point: Point) -> None:
        """At once."""
        self.explorer.move(point, time.monotonic() - QUIET_S)


@pytest.fixture
def desk(pondering: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("OVERPAINT_HOME", str(pondering.home))
    link = Link("test", Home.of_user())
    desk = Desk(link)
    desk.until(lambda: desk.heard, "the first answers")
    yield desk
    link.close()


def test_what_was_painted_first_is_shown_and_can_be_kept_as_a_whole(desk: Desk) -> None:
    explorer = desk.explorer
    assert explorer.strengths.etas(7) == SWEEP
    assert [(answer.index, answer.view) for answer in explorer.sweep] == [(index, index) for index in range(len(SWEEP))]
    assert (explorer.status, explorer.trouble, explorer.eager, explorer.job) == ("", False, False, "")
    assert desk.changes > 0


def test_the_first_answer_is_the_hosts_to_acknowledge_and_all_others_are_forgotten_by_the_server(desk: Desk) -> None:
    desk.want(Point(7, 0.2))
    desk.until(lambda: desk.explorer.strengths.complete, "the answer")
    jobs: list[str] = []

    def listed() -> bool:
        desk.link.list_jobs()
        desk.link.wait(0.1)
        for event in desk.link.poll():
            if isinstance(event, events.Listed):
                jobs[:] = [line.job for line in event.jobs]
        return jobs == [desk.first]

    until(listed, "the server to forget the second")


def test_until_an_answer_is_there_the_line_says_which_one_is_shown(desk: Desk) -> None:
    desk.want(Point(7, 0.2))
    assert (desk.explorer.line, desk.explorer.eager) == ("", True)
    desk.explorer.ask(time.monotonic())
    assert desk.explorer.line == "Painting (shown: 0.5)"
    desk.until(lambda: desk.explorer.strengths.complete, "the answer")
    assert desk.explorer.line == ""


def test_what_is_heard_of_other_jobs_is_passed_over(desk: Desk) -> None:
    desk.explorer.hear(Queued(new_job_id(), 3))
    desk.explorer.hear(events.EditFailed(desk.first, OverpaintError(Code.EDIT_FAILED, "It did not work.")))
    desk.explorer.hear(events.Connecting(starting=True))  # nothing is under way
    assert (desk.explorer.status, desk.explorer.trouble) == ("", False)


def test_a_failure_is_said_and_the_next_wish_is_asked_for_anew(desk: Desk) -> None:
    desk.want(Point(7, 0.2))
    desk.explorer.ask(time.monotonic())
    failed = OverpaintError(Code.EDIT_FAILED, "It did not work.", "Try again.")
    desk.explorer.hear(events.EditFailed(desk.explorer.job, failed))
    assert (desk.explorer.status, desk.explorer.trouble) == ("It did not work. Try again.", True)
    assert not desk.explorer.eager
    desk.want(Point(7, 0.3))
    desk.until(lambda: desk.explorer.strengths.complete, "the next answer")
    assert not desk.explorer.trouble


def test_a_server_that_stopped_is_said_while_an_answer_is_waited_for(desk: Desk) -> None:
    desk.want(Point(7, 0.2))
    desk.explorer.ask(time.monotonic())
    desk.explorer.hear(events.Interrupted(OverpaintError(Code.UNREACHABLE, "The server has stopped.")))
    assert desk.explorer.status == "The server stopped; your edit is kept and starts again"


def test_what_came_of_keeping_is_said_until_the_slider_moves(desk: Desk) -> None:
    explorer = desk.explorer
    explorer.keep()
    assert (explorer.placing, explorer.note) == (True, "")
    explorer.refuse(OverpaintError(Code.HOST, "The picture was closed.", "Open it."))
    assert (explorer.placing, explorer.note) == (False, "The picture was closed. Open it.")
    explorer.kept("Kept as the layer ‘a dog’.")
    assert explorer.note == "Kept as the layer ‘a dog’."
    explorer.move(Point(7, 0.8))
    assert explorer.note == ""


def test_layers_are_named_by_strength_and_by_the_variation_where_there_are_several(desk: Desk) -> None:
    assert desk.explorer.name_of(Point(7, 0.7)) == "a dog that sits 0.7"
    desk.want(Point(99, 0.7))
    desk.until(lambda: desk.explorer.strengths.complete, "the variation")
    assert desk.explorer.name_of(Point(99, 0.7)) == "a dog that sits 0.7 · 2"


def test_nothing_runs_any_more_after_the_end(desk: Desk) -> None:
    desk.want(Point(7, 0.2))
    desk.explorer.ask(time.monotonic())
    desk.explorer.end()
    assert desk.explorer.job == ""
    desk.explorer.end()
