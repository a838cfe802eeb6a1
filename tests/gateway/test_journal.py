from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from server.journal import RESULT, Journal
from server.journal.spool import Spool
from server.wire import codec
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Blob, Failed, Finished, JobState, Submit
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe

A, B = "a" * 32, "b" * 32


def submit(job: str) -> Submit:
    layer = Raster(Bounds(1, -2, 4, 4), Channels.RGBA, Depth.U8)
    return Submit(job, Recipe("inpaint", "a boat", seed=7), layer, (Blob("layer", 64), Blob("mask", 16)), Depth.U8)


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path)
    yield journal
    journal.close()


def add(journal: Journal, job: str, client: str = "me") -> None:
    journal.add(client, submit(job))
    journal.make(client, submit(job))
    journal.settle()


def reopened(journal: Journal, home: Path) -> Journal:
    journal.close()
    again = Journal(home)
    again.settle()
    return again


def test_a_job_and_its_request_are_there_after_a_restart(journal, tmp_path):
    add(journal, A)
    journal.set_state(A, JobState.QUEUED)
    again = reopened(journal, tmp_path)
    (entry,) = again.entries()
    assert (entry.job, entry.client, entry.state, entry.prompt) == (A, "me", JobState.QUEUED, "a boat")
    assert again.request(A) == submit(A)


def test_a_request_that_was_changed_is_the_changed_one_after_a_restart(journal, tmp_path):
    add(journal, A)
    changed = replace(submit(A), recipe=Recipe("inpaint", "two boats", seed=7))
    journal.put_request("me", changed)
    assert reopened(journal, tmp_path).request(A) == changed


def test_runs_are_counted_over_restarts(journal, tmp_path):
    add(journal, A)
    journal.begin_run(A)
    assert journal.entry(A).runs == 1
    again = reopened(journal, tmp_path)
    again.begin_run(A)
    assert again.entry(A).runs == 2


def test_a_failure_keeps_its_reason_and_frees_the_pixels(journal, tmp_path):
    add(journal, A)
    (journal.folder(A) / "layer").write_bytes(b"x" * 64)
    failure = Failed(A, Code.EDIT_FAILED, "It did not work.", "Try again.")
    journal.fail(failure)
    again = reopened(journal, tmp_path)
    assert again.entries()[0].failure == failure
    assert not (again.folder(A) / "layer").exists()


def test_nothing_is_left_of_a_forgotten_job(journal, tmp_path):
    add(journal, A)
    (journal.folder(A) / "layer").write_bytes(b"x")
    journal.forget(A)
    journal.forget(A)
    journal.settle()
    assert journal.entries() == []
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_job_that_is_taken_out_is_none_in_one_step_whatever_is_left_of_its_files(tmp_path):
    spool = Spool(tmp_path / "spool")
    spool.make(submit(A), "me", lambda blob, path: False)
    left = spool.take_out(A)
    assert not spool.folder(A).exists()
    assert {path.name for path in left.iterdir()} >= {"request.json", "layer", "mask"}
    assert list(Spool(tmp_path / "spool").jobs()) == []


def test_a_name_may_be_used_again_at_once_when_its_job_is_forgotten(journal, tmp_path):
    add(journal, A)
    journal.forget(A)
    add(journal, A, "you")
    again = reopened(journal, tmp_path)
    assert [(entry.job, entry.client) for entry in again.entries()] == [(A, "you")]
    assert again.request(A) == submit(A)


def test_a_folder_half_removed_at_a_crash_is_removed_at_the_next_start(journal, tmp_path):
    add(journal, A)
    (journal.folder(A) / "layer").write_bytes(b"x")
    journal.settle()
    (journal.folder(A) / "request.json").unlink()
    again = reopened(journal, tmp_path)
    assert again.entries() == []
    assert not again.folder(A).exists()


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 100, "truncate"])
def test_a_damaged_table_is_made_anew_from_the_spool(journal, tmp_path, damage):
    add(journal, A)
    add(journal, B, "you")
    result = Finished(B, Recipe("inpaint", "a boat", seed=7), Bounds(0, 0, 1, 1), ())
    (journal.folder(B) / RESULT).write_text(codec.to_text(result))
    journal.close()
    table = tmp_path / "journal.sqlite"
    table.write_bytes(table.read_bytes()[:5000] if damage == "truncate" else damage)
    again = Journal(tmp_path)
    found = {entry.job: (entry.client, entry.state) for entry in again.entries()}
    assert found == {A: ("me", JobState.UPLOADING), B: ("you", JobState.FINISHED)}
    assert again.answer(B) == result


@pytest.mark.parametrize(("table", "column"), [("jobs", "runs"), ("clock", "seen")])
def test_a_table_of_another_version_is_made_anew_from_the_spool(journal, tmp_path, table, column):
    add(journal, A)
    journal._writer._table._connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    assert [entry.job for entry in reopened(journal, tmp_path).entries()] == [A]


def test_other_users_cannot_read_what_is_kept(journal, tmp_path):
    add(journal, A)
    if os.name == "posix":
        assert (tmp_path / "journal.sqlite").stat().st_mode & 0o077 == 0
        assert journal.folder(A).stat().st_mode & 0o077 == 0
        assert (journal.folder(A) / "request.json").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_an_error_with_a_way_out(journal, tmp_path):
    (tmp_path / "spool" / A).write_text("a file where a folder should be")
    heard: list[OverpaintError] = []
    journal.add("me", submit(A))
    journal.make("me", submit(A), lambda error, here: heard.append(error))
    journal.settle()
    journal.forget(A)
    assert heard[0].code is Code.INTERNAL
    assert "doctor" in heard[0].hint
    add(journal, B)
    assert [entry.job for entry in journal.entries()] == [B]
