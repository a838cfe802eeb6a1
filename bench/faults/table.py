"""What was seen, as the table of ``docs/reliability.md``."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from pathlib import Path

from bench.faults.trials import Tally

BEGIN, END = "<!-- bench.faults writes from here", "<!-- to here -->"
_HEAD = (
    "| what happens | to whom | while | times | edits lost | twice | other pixels | told that the disk is full |",
    "|---|---|---|--:|--:|--:|--:|--:|",
)


@dataclass(frozen=True)
class Row:
    what: str
    whom: str
    phase: str
    tally: Tally

    @property
    def markdown(self) -> str:
        seen = self.tally
        cells = (self.what, self.whom, self.phase, seen.hits, seen.lost, seen.duplicates, seen.different, seen.refused)
        return f"| {' | '.join(map(str, cells))} |"


def markdown(rows: list[Row], command: str) -> list[str]:
    made = (
        f"Made by `{command}` on {time.strftime('%Y-%m-%d')} ({platform.system()}, Python {platform.python_version()})."
    )
    return [f"{BEGIN}: `{command}` -->", "", made, "", *_HEAD, *(row.markdown for row in rows), "", END]


def put(path: Path, lines: list[str]) -> None:
    """Into the page, in place of what an earlier run wrote there."""
    page = path.read_text("utf-8").splitlines()
    begin = next(number for number, line in enumerate(page) if line.startswith(BEGIN))
    path.write_text("\n".join([*page[:begin], *lines, *page[page.index(END) + 1 :]]) + "\n", "utf-8")
