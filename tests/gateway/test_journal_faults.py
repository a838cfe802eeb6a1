"""What the journal makes of a disk and a clock that are not as they should be."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from server.gateway.jobs import JobTable
from server.gateway.settings import GatewaySettings
from server.journal import RESULT, CheckedFile, Journal
from server.journal.clock import LONGEST_ABSENCE, KeptTime, Mark
from server.wire import codec
from server.wire.errors import Code
from server.wire.geometry import Bounds
from server.wire.messages import Blob, Failed, Finished, JobState, Submit
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe
from server.wire.results import ResultBlob, ResultKind

A, B, C = "a" * 32, "b" * 32, "c" * 32
DAY = 86400.0
LAYER = Raster(Bounds(1, -2, 4, 4), Channels.RGBA, Depth.U8)


def submit(job: str) -> Submit:
    return Submit(job, Recipe("inpaint", "a boat", seed=7), LAYER, (Blob("layer", 64), Blob("mask", 16)), Depth.U8)


def uploaded(journal: Journal, job: str) -> None:
    journal.add("me", submit(job))
    journal.make("me", submit(job))
    journal.settle()
    for blob in submit(job).blobs:
        CheckedFile(journal.folder(job) / blob.name, blob.nbytes).write(0, b"x" * blob.nbytes)


def answered(journal: Journal, job: str, nbytes: int = 64) -> None:
    (journal.folder(job) / "result-0").write_bytes(b"y" * nbytes)
    finished = Finished(
        job, Recipe("inpaint", "a boat", seed=7), LAYER.bounds, (ResultBlob(ResultKind.REPAINT, "result-0", LAYER, 7),)
    )
    (journal.folder(job) / RESULT).write_text(codec.to_text(finished))


def states(book: JobTable) -> dict[str, JobState]:
    return {job.id: job.state for job in book}


def loaded(home: Path) -> tuple[Journal, JobTable]:
    journal = Journal(home)
    book = JobTable(journal)
    book.load(lambda job: None)
    journal.settle()
    return journal, book


# --- broken files ---------------------------------------------------------------------------------


def test_a_broken_table_is_kept_under_another_name_each_time(tmp_path: Path) -> None:
    for content in (b"not a database" * 100, b"nor is this one" * 100):
        (tmp_path / "journal.sqlite").write_bytes(content)
        Journal(tmp_path).close()
    kept = {path.name: path.read_bytes() for path in tmp_path.glob("journal-broken*")}
    assert kept == {
        "journal-broken.sqlite": b"not a database" * 100,
        "journal-broken-2.sqlite": b"nor is this one" * 100,
    }


def test_a_table_that_breaks_while_the_server_runs_is_made_anew_without_a_restart(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for number in range(200):
        journal.add("me", submit(f"{number:032x}"))
        journal.make("me", submit(f"{number:032x}"))
    journal.settle()
    journal._writer._table._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    journal._writer._table._connection.execute("PRAGMA cache_size=0")
    table = tmp_path / "journal.sqlite"
    with table.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(table.stat().st_size - 4096))
    journal.set_state(f"{7:032x}", JobState.QUEUED)
    journal.add("me", submit(A))
    journal.make("me", submit(A))
    journal.settle()
    assert (tmp_path / "journal-broken.sqlite").exists()
    journal.close()
    again = Journal(tmp_path)
    found = {entry.job: entry.state for entry in again.entries()}
    assert len(found) == 201
    assert found[f"{7:032x}"] is JobState.QUEUED
    again.close()


def test_a_request_that_cannot_be_read_is_kept_aside_and_the_other_jobs_go_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    uploaded(journal, A)
    uploaded(journal, B)
    (journal.folder(A) / "request.json").write_text('{"job": "' + A)
    journal.close()
    journal, book = loaded(tmp_path)
    assert states(book) == {B: JobState.QUEUED}
    assert (tmp_path / "broken" / A / "layer").read_bytes() == b"x" * 64
    assert [entry.job for entry in journal.entries()] == [B]
    journal.close()


def test_a_state_that_only_a_newer_server_knows_costs_no_job(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    uploaded(journal, A)
    journal._writer._table._connection.execute("UPDATE jobs SET state='dreaming'")
    journal._writer._table.close()
    journal, book = loaded(tmp_path)
    assert states(book) == {A: JobState.QUEUED}
    journal.close()


def test_half_an_answer_is_none_and_the_edit_runs_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    uploaded(journal, A)
    journal.begin_run(A)
    answered(journal, A, nbytes=40)
    journal.close()
    journal, book = loaded(tmp_path)
    assert states(book) == {A: JobState.QUEUED}
    journal.begin_run(A)
    assert not (journal.folder(A) / RESULT).exists()
    journal.close()


def test_what_an_earlier_run_left_of_an_answer_is_gone_before_the_next_one(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    uploaded(journal, A)
    answered(journal, A, nbytes=10)
    journal.close()
    journal, book = loaded(tmp_path)
    assert states(book) == {A: JobState.QUEUED}
    assert not list(journal.folder(A).glob("result*"))
    book.begin_run(book.get(A))
    answered(journal, A, nbytes=10)
    book.begin_run(book.get(A))
    assert not list(journal.folder(A).glob("result*"))
    journal.close()


def test_an_answer_that_was_damaged_after_its_upload_went_fails_in_words(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    uploaded(journal, A)
    answered(journal, A)
    journal.finish(A, submit(A))
    (journal.folder(A) / "result-0").write_bytes(b"")
    journal.close()
    journal, book = loaded(tmp_path)
    (job,) = book
    assert job.failure is not None
    assert "damaged" in job.failure.sentence
    assert job.failure.hint
    journal.close()


# --- a full disk ----------------------------------------------------------------------------------


def fill(journal: Journal) -> None:
    """From now on SQLite finds no room for another page."""
    pages = journal._writer._table._connection.execute("PRAGMA page_count").fetchone()[0]
    journal._writer._table._connection.execute(f"PRAGMA max_page_count={pages}")


def test_a_job_is_taken_done_and_failed_on_a_full_disk_and_written_down_later(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.settle()
    fill(journal)
    names = [f"{number:032x}" for number in range(100)]
    for name in names:
        journal.add("me", submit(name))
        journal.make("me", submit(name))
    journal.settle()
    assert journal._writer._owed
    journal.begin_run(names[-1])
    journal.fail(Failed(names[-1], Code.EDIT_FAILED, "It did not work.", ""))
    assert journal.entries()[-1].failure is not None
    journal._writer._table._connection.execute("PRAGMA max_page_count=1000000")
    journal.settle()
    assert not journal._writer._owed
    journal._writer._table.close()
    again = Journal(tmp_path)
    assert [entry.job for entry in again.entries()] == names
    assert again.entries()[-1].failure is not None
    assert again.entries()[-1].runs == 1
    again.close()


def test_a_table_that_cannot_be_opened_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    journal = Journal(tmp_path)
    uploaded(journal, A)
    journal.close()
    monkeypatch.setattr("server.journal.table._connect", refused)
    journal, book = loaded(tmp_path)
    assert states(book) == {A: JobState.QUEUED}
    uploaded(journal, B)
    monkeypatch.undo()
    journal.settle()
    journal.close()
    assert not list(tmp_path.glob("*broken*"))
    assert {entry.job for entry in Journal(tmp_path).entries()} == {A, B}


def test_a_job_that_the_disk_does_not_take_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, heard = Journal(tmp_path), []

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("server.journal.spool.write_sealed", full)
    journal.add("me", submit(A))
    journal.make("me", submit(A), lambda error, here: heard.append(error))
    journal.settle()
    assert "disk is full" in heard[0].sentence
    journal.forget(A)
    monkeypatch.undo()
    journal.add("me", submit(A))
    journal.make("me", submit(A), lambda error, here: heard.append(error))
    journal.settle()
    assert heard[1] is None
    journal.close()


# --- clocks ---------------------------------------------------------------------------------------


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_time_passes_by_the_steady_clock_while_the_server_lives() -> None:
    system, steady = Clock(1000.0), Clock(5.0)
    kept = KeptTime(Mark(400.0, 1000.0), system, steady)
    system.now += 10 * 365 * DAY
    steady.now += 3.0
    assert kept.now == 403.0
    system.now = 0.0
    assert kept.now == 403.0


@pytest.mark.parametrize(("jump", "counted"), [(60.0, 60.0), (-500 * DAY, 0.0), (500 * DAY, LONGEST_ABSENCE)])
def test_an_absence_counts_forwards_and_a_day_at_most(jump: float, counted: float) -> None:
    kept = KeptTime(Mark(400.0, 1000.0), Clock(1000.0 + jump), Clock(0.0))
    assert kept.now == 400.0 + counted


@pytest.mark.parametrize("jump", [-20 * 365 * DAY, 20 * 365 * DAY])
def test_a_clock_that_jumps_throws_no_result_away_and_changes_no_order(tmp_path: Path, jump: float) -> None:
    system = Clock(1.8e9)
    journal = Journal(tmp_path, system)
    for name in (A, B):
        uploaded(journal, name)
        answered(journal, name)
        journal.finish(name, submit(name))
    system.now += jump
    uploaded(journal, C)
    answered(journal, C)
    journal.finish(C, submit(C))
    journal.close()
    system.now -= jump
    journal = Journal(tmp_path, system)
    book = JobTable(journal)
    book.load(lambda job: None)
    assert len(list(book)) == 3
    assert [entry.job for entry in journal.entries()] == [A, B, C]
    assert not any(book.sweep(journal.clock.now, GatewaySettings()))
    journal.close()


def test_results_do_grow_old(tmp_path: Path) -> None:
    system = Clock(1.8e9)
    for _ in range(9):
        journal = Journal(tmp_path, system)
        if not journal.entries():
            uploaded(journal, A)
            answered(journal, A)
        book = JobTable(journal)
        book.load(lambda job: None)
        journal.settle()
        assert len(list(book)) == 1
        expired = [job for job in book.sweep(journal.clock.now, GatewaySettings()) if job is not None]
        journal.close()
        system.now += DAY
    assert [job.id for job in expired] == [A]
