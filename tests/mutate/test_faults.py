"""Which faults can be planted, and that a planted one is noticed by the tests of its file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.mutate.covering import ROOMS, covering
from tools.mutate.faults import faults
from tools.mutate.missed import missed

ROOT = Path(__file__).parents[2]

CODE = '''
LIMIT = 3


def more(count: int = 1) -> bool:
    """Not 2."""
    log.info("%d", count)
    if count > LIMIT and not closed(count):
        save(count)
        return True
    while ready:
        count = count + 1
    raise ValueError(f"{count} > 1")
'''


def made(tmp_path: Path) -> list[str]:
    (tmp_path / "a.py").write_text(CODE)
    return [str(fault) for fault in faults(tmp_path, Path("a.py"))]


def test_faults_are_planted_where_something_is_decided_or_done(tmp_path: Path) -> None:
    assert made(tmp_path) == [
        "a.py:8: count > LIMIT and not closed(count) → (count > LIMIT or not closed(count))",
        "a.py:8: count > LIMIT → (count >= LIMIT)",
        "a.py:8: not closed(count) → (closed(count))",
        "a.py:9: save(count) → pass",
        "a.py:10: True → False",
        "a.py:11: ready → (not ready)",
        "a.py:12: count + 1 → (count - 1)",
        "a.py:12: 1 → 2",
    ]


def test_a_fault_changes_its_place_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CODE.replace("save", "sïve"))
    for fault in faults(tmp_path, Path("a.py")):
        lines = zip(fault.source.decode().splitlines(), CODE.replace("save", "sïve").splitlines(), strict=True)
        assert [number for number, (one, other) in enumerate(lines, 1) if one != other] == [fault.line]


def test_the_faults_that_were_once_missed_can_still_be_planted() -> None:
    for fault in missed(ROOT):
        ast.parse(fault.source)


@pytest.mark.parametrize("room", ROOMS)
def test_every_fault_of_a_room_is_python_and_has_tests(room: str) -> None:
    for path in sorted((ROOT / room).glob("*.py")):
        for fault in faults(ROOT, path.relative_to(ROOT)):
            ast.parse(fault.source)
        runs = [word for run in covering(ROOT, path.relative_to(ROOT)) for word in run if word.startswith("tests/")]
        assert runs
        assert all((ROOT / test).exists() for test in runs)
