"""Measured tables in the pages for readers: each stands between two marks, with the command that made it."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

END = "<!-- to here -->"


def begin(bench: str) -> str:
    """What the line begins with after which ``bench`` writes."""
    return f"<!-- {bench} writes from here"


def row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def put(page: Path, bench: str, table: Sequence[str], arguments: Sequence[str] | None = None) -> None:
    """Writes ``table`` into ``page`` in place of what an earlier run of ``bench`` left there. arguments: those of the
    run; None: this process's own. Raises ``ValueError`` for a page without the marks."""
    given = sys.argv[1:] if arguments is None else arguments
    command = " ".join(["python -m", bench, *given])
    made = (
        f"Made by `{command}` on {time.strftime('%Y-%m-%d')} ({platform.system()}, Python {platform.python_version()})."
    )
    lines = page.read_text("utf-8").splitlines()
    first = next((number for number, line in enumerate(lines) if line.startswith(begin(bench))), None)
    if first is None or END not in lines[first:]:
        raise ValueError(f"{page} has no place for the table: a line “{begin(bench)} -->” and after it “{END}”")
    last = lines.index(END, first)
    written = [f"{begin(bench)} -->", "", made, "", *table, "", END]
    page.write_text("\n".join([*lines[:first], *written, *lines[last + 1 :]]) + "\n", "utf-8")
