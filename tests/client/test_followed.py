"""Where a job can go from where it stands."""

from __future__ import annotations

import itertools

import pytest

from server.client import events
from server.client.followed import TRANSITIONS, FollowedJob, Phase, Then
from server.wire.errors import Code, OverpaintError
from server.wire.messages import Queued
from server.wire.recipe import Recipe

HIDDEN = OverpaintError(Code.HOST, "‘Ink’ is hidden.", "Show it.")
UNDER_WAY = [phase for phase in Phase if not phase.settled]


class Watched(FollowedJob):
    """Counts what it says."""

    def __init__(self) -> None:
        self.changes = self.ends = 0
        super().__init__(Recipe("inpaint", "a kite"), Then.CHOOSE, self._change, self._end)

    def _change(self) -> None:
        self.changes += 1

    def _end(self) -> None:
        self.ends += 1


def at(phase: Phase) -> Watched:
    """A job that stands there, brought the shortest legal way."""
    ways = [[Phase.READING]]
    while ways[0][-1] is not phase:
        way = ways.pop(0)
        ways += [[*way, further] for further in TRANSITIONS[way[-1]] if further not in way]
    job = Watched()
    for step in ways[0][1:]:
        job.enter(step)
    assert job.phase is phase
    return job


def test_every_phase_is_in_the_table_and_can_be_reached() -> None:
    assert TRANSITIONS.keys() == set(Phase)
    for phase in Phase:
        at(phase)


@pytest.mark.parametrize(("before", "after"), [*itertools.product(Phase, Phase)])
def test_a_job_goes_where_the_table_says_and_nowhere_else(before: Phase, after: Phase) -> None:
    job = at(before)
    changes, ends = job.changes, job.ends
    job.enter(after)
    moved = after in TRANSITIONS[before]
    assert job.phase is (after if moved else before)
    assert (job.changes - changes, job.ends - ends) == (moved, moved and after.settled)


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase.over])
def test_what_is_over_stays_over(phase: Phase) -> None:
    assert TRANSITIONS[phase] == frozenset()


@pytest.mark.parametrize("phase", UNDER_WAY)
def test_whatever_is_under_way_can_fail_and_says_why(phase: Phase) -> None:
    job = at(phase)
    job.fail(HIDDEN)
    assert (job.phase, job.error, job.line) == (Phase.FAILED, HIDDEN, "‘Ink’ is hidden. Show it.")


def test_what_has_ended_otherwise_does_not_fail_afterwards() -> None:
    job = at(Phase.CANCELLED)
    job.fail(HIDDEN)
    assert (job.phase, job.error, job.line) == (Phase.CANCELLED, None, "Cancelled")


def test_a_job_that_is_being_cancelled_is_not_brought_back_by_what_comes_late() -> None:
    job = at(Phase.CANCELLING)
    job.hear(events.Progressed(job.id, "Painting", 1, 2, None, None, 0, 0))
    job.enter(Phase.PLACING)
    assert (job.phase, job.line) == (Phase.CANCELLING, "Cancelling")
    job.enter(Phase.DONE)  # it was too late for that
    assert job.phase is Phase.DONE


def test_an_answer_without_a_place_waits_until_it_has_one() -> None:
    job = at(Phase.CHOOSING)
    job.enter(Phase.ORPHANED, None, "Closed.")
    job.enter(Phase.ORPHANED, None, "Closed again.")
    assert (job.line, job.ends) == ("Closed again.", 3)
    job.enter(Phase.DONE)
    assert job.line == "Done · 1 s"


def test_what_is_heard_of_a_job_is_said_in_words() -> None:
    job = Watched()
    said = []
    for event in (
        Queued(job.id, 2),
        events.Uploading(job.id, 0.25),
        events.Progressed(job.id, "Painting", 3, 4, 61.2, None, 0, 0),
        events.Downloading(job.id, 0.5),
    ):
        job.hear(event)
        said.append((job.phase, job.fraction, job.line))
    assert said == [
        (Phase.WAITING, None, "2 before this one"),
        (Phase.SENDING, 0.25, "Sending"),
        (Phase.WORKING, 0.75, "Painting · 1:01 left"),
        (Phase.RECEIVING, 0.5, "Receiving"),
    ]


def test_the_time_a_job_took_ends_when_it_settles() -> None:
    job = at(Phase.DONE)
    assert job.times.done is not None
    assert job.times.took == job.times.done - job.times.asked
