from __future__ import annotations

from pathlib import Path

import pytest


def one(job: str = "ab" * 16) -> object:
    from overpaint.resume import Pending
    from overpaint.server.wire.geometry import Bounds
    from overpaint.server.wire.recipe import Recipe

    return Pending(job, Recipe("erase"), "Ink", Bounds(-1, 2, 3, 4), "RGBA", "U16", "Somebody's RGB")


def test_pending_jobs_come_back_from_their_text() -> None:
    from overpaint.resume import PendingJobs, load

    jobs = PendingJobs().plus(one())
    assert load(jobs.dump()) == jobs
    assert jobs.jobs == (one(),)


def test_what_an_earlier_version_noted_is_read() -> None:
    from overpaint.resume import PendingJobs, load

    text = PendingJobs().plus(one()).dump()
    assert '"combining":"replace"' in text.replace(" ", "")
    assert load(text.replace(" ", "").replace(',"combining":"replace"', "")).jobs[0].job == "ab" * 16


def test_a_job_is_noted_once_and_forgotten() -> None:
    from overpaint.resume import PendingJobs

    jobs = PendingJobs().plus(one()).plus(one())
    assert len(jobs.jobs) == 1
    assert jobs.without("ab" * 16).jobs == ()


def test_old_jobs_do_not_pile_up() -> None:
    from overpaint.resume import MOST, PendingJobs

    jobs = PendingJobs()
    for number in range(MOST + 5):
        jobs = jobs.plus(one(f"{number:032x}"))
    assert len(jobs.jobs) == MOST
    assert jobs.jobs[0] == one(f"{5:032x}")


def test_what_krita_was_sending_when_it_ended_is_not_waited_for() -> None:
    from overpaint.resume import PendingJobs
    from overpaint.server.wire.messages import JobState

    jobs = PendingJobs()
    for number in range(4):
        jobs = jobs.plus(one(f"{number:032x}"))
    kept = {f"{0:032x}": JobState.UPLOADING, f"{1:032x}": JobState.RUNNING, f"{2:032x}": JobState.UPLOADING}
    followed = jobs.followed(kept, here={f"{2:032x}"})
    assert [found.job for found in followed.jobs] == [f"{1:032x}", f"{2:032x}"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"jobs": 3}'])
def test_unreadable_pending_jobs_are_none(text: str) -> None:
    from overpaint.resume import load

    assert load(text).jobs == ()


def test_the_file_gives_those_of_earlier_runs_the_newest_first(tmp_path: Path) -> None:
    from overpaint.resume import PendingFile
    from overpaint.server.wire.messages import JobState

    names = [f"{number:032x}" for number in range(3)]
    for name in names:
        PendingFile(tmp_path).add(one(name))
    again = PendingFile(tmp_path)
    again.drop(names[1])
    kept = dict.fromkeys(names, JobState.FINISHED)
    assert [job.job for job in again.returned(kept, here=())] == [names[2], names[0]]
    assert [job.job for job in again.returned(kept, here={names[2]})] == [names[0]]
    assert again.returned({}, here=()) == ()
    assert not PendingFile(tmp_path)
