"""Who hears of their place in the queue, and when there is nothing to say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.gateway.announcer import Announcer
from server.gateway.job import Job
from server.gateway.jobs import JobTable
from server.gateway.queue import FairQueue
from server.journal import Journal
from server.wire.messages import JobState
from tests.running import submission

LONGEST = 0.5


class Row:
    """A queue of so many jobs, each of a client of its own, and what was told to whom."""

    def __init__(self, home: Path) -> None:
        self.journal = Journal(home)
        self.book, self.queue = JobTable(self.journal), FairQueue()
        self.told: list[tuple[str, int | None]] = []
        self.announcer = Announcer(self.book, lambda: [self.queue.order()], self._tell)

    def _tell(self, job: Job) -> None:
        self.told.append((job.id, job.place))

    def come(self, count: int) -> list[str]:
        names = []
        for number in range(count):
            job = self.book.add(submission("erase", 8, 8).message(), f"client {number}", lambda _: None)
            self.book.set_state(job, JobState.QUEUED)
            self.queue.add(job.id, job.client)
            names.append(job.id)
        self.announcer.moved(len(self.queue))
        return names

    def take(self) -> None:
        name = self.queue.order()[0]
        self.queue.take(name)
        job = self.book.get(name)
        assert job is not None
        self.book.begin_run(job)
        self.announcer.moved(len(self.queue))

    def said(self) -> list[tuple[str, int | None]]:
        told, self.told = self.told, []
        return told


@pytest.fixture
def row(tmp_path: Path) -> Iterator[Row]:
    row = Row(tmp_path)
    yield row
    row.journal.close()


def test_each_hears_its_place_once_and_then_there_is_nothing_to_wait_for(row: Row) -> None:
    first, second = row.come(2)
    assert row.announcer.pause(10.0, LONGEST) == 0.0
    row.announcer.announce(10.0)
    assert row.said() == [(first, 0), (second, 1)]
    assert row.announcer.pause(10.0, LONGEST) == LONGEST
    row.announcer.announce(20.0)
    assert row.said() == []


def test_who_is_taken_hears_no_place_and_all_others_move_up(row: Row) -> None:
    _, second, third = row.come(3)
    row.announcer.announce(10.0)
    row.said()
    row.take()
    row.announcer.announce(10.0)
    assert row.said() == [(second, 0), (third, 1)]


def test_a_long_row_hears_a_few_at_a_time_and_not_of_each_change(row: Row) -> None:
    names = row.come(70)
    row.announcer.announce(10.0)
    assert [name for name, _ in row.said()] == names[:50]
    assert row.announcer.pause(10.0, LONGEST) == 0.0
    row.announcer.announce(10.0)
    assert [name for name, _ in row.said()] == names[50:]
    row.take()
    row.announcer.announce(10.1)
    assert row.said() == []
    assert row.announcer.pause(10.1, LONGEST) == pytest.approx(0.1)
    assert row.announcer.pause(10.1, 0.05) == 0.05
    row.announcer.announce(10.3)
    assert [name for name, _ in row.said()] == names[1:51]


def test_those_who_are_being_told_are_all_told_before_the_next_change_is_looked_at(row: Row) -> None:
    names = row.come(70)
    row.announcer.announce(10.0)
    row.said()
    row.take()
    row.announcer.announce(11.0)
    assert [name for name, _ in row.said()] == names[50:]
    row.announcer.announce(12.0)
    assert [name for name, _ in row.said()] == names[1:51]
