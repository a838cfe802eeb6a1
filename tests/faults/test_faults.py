"""A shortened ``bench.faults``: one blow of each kind for each process in each phase of an edit."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import page
from bench.faults.__main__ import Plan, kills, others
from bench.faults.blows import FillDisk, Freeze, small_disk
from bench.faults.stage import SPOOLING, TUNING, UPLOADING, stage
from bench.faults.table import Row, markdown
from bench.faults.trials import Tally, Trials
from tests.pondering import learn

pytestmark = pytest.mark.spread

DICE = random.Random()
_NARROWED = [plan for plan in others(1, DICE) if not isinstance(plan[0], Freeze) or plan[2] == TUNING]


def named(plan: Plan) -> str:
    blow, victim, phase, _ = plan
    return f"{type(blow).__name__}-{victim}-{phase}"


@pytest.fixture(scope="module")
def trials() -> Iterator[Trials]:
    with stage() as here:
        yield Trials(here, DICE)


@pytest.mark.parametrize("plan", [*kills(1), *_NARROWED], ids=named)
def test_an_edit_outlives_it(trials: Trials, plan: Plan) -> None:
    tally = trials.run(*plan)
    assert tally.hits == 1
    assert not tally.failures
    assert (tally.lost, tally.duplicates, tally.different, tally.refused) == (0, 0, 0, 0)
    assert tally.repeated <= learn.EVERY


def test_a_full_disk_costs_no_edit(tmp_path: Path) -> None:
    with small_disk(tmp_path / "f") as disk:
        if disk is None:
            pytest.skip("only root can make a small disk")
        with stage(disk.folder / "h") as here:
            trials = Trials(here, DICE)
            for phase in (UPLOADING, TUNING, SPOOLING):
                tally = trials.run(FillDisk(disk), "", phase, 1)
                assert (tally.lost, tally.duplicates, tally.different) == (0, 0, 0), tally.failures


def test_the_table_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    mark = page.begin("bench.faults")
    other = f"{page.begin('bench.load')} -->\nkept\n{page.END}"
    path.write_text(f"# A page\n\n{other}\n\n{mark} -->\nold\n{page.END}\n\nrest\n")
    for times in (1, 2):
        rows = [Row("kill -9", "client", "queued", Tally(hits=times))]
        page.put(path, "bench.faults", markdown(rows), ["--moments", "2"])
    text = path.read_text()
    assert "| kill -9 | client | queued | 2 | 0 | 0 | 0 | 0 |" in text
    assert "Made by `python -m bench.faults --moments 2` on " in text
    assert "\nold\n" not in text
    assert text.startswith(f"# A page\n\n{other}\n")
    assert text.endswith("\nrest\n")
    assert text.count(mark) == 1


def test_a_page_without_a_place_for_the_table_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(f"# A page\n{page.END}\n{page.begin('bench.load')} -->\n")
    with pytest.raises(ValueError, match="has no place for the table"):
        page.put(path, "bench.load", ["| a |"])
    assert path.read_text() == f"# A page\n{page.END}\n{page.begin('bench.load')} -->\n"
