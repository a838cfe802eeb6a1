"""How selections that are on their way are to combine, kept over the end of GIMP."""

from __future__ import annotations

from pathlib import Path

import pytest
from pending import FILE_NAME, MOST, PendingSelections

from server.client.combining import Combining


def test_another_run_of_gimp_knows_how_a_selection_was_asked_for(tmp_path: Path) -> None:
    PendingSelections(tmp_path / "clients").add("a job", Combining.INTERSECT)
    again = PendingSelections(tmp_path / "clients")
    assert again.of("a job") is Combining.INTERSECT
    again.drop("a job")
    assert PendingSelections(tmp_path / "clients").of("a job") is Combining.REPLACE


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    pending = PendingSelections(tmp_path)
    for number in range(MOST + 2):
        pending.add(f"job {number}", Combining.ADD)
    known = [pending.of(f"job {number}") is Combining.ADD for number in range(MOST + 2)]
    assert known == [False, False] + [True] * MOST


@pytest.mark.parametrize("text", ["", "[]", '{"a job": 3}', '{"a job": "multiply"}'])
def test_what_cannot_be_read_replaces(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    pending = PendingSelections(tmp_path)
    assert pending.of("a job") is Combining.REPLACE
    pending.add("another", Combining.ADD)
    assert pending.of("another") is Combining.ADD
