"""What was seen, as the table of ``docs/reliability.md``."""

from __future__ import annotations

from dataclasses import dataclass

from bench import page
from bench.faults.trials import Tally

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
        return page.row(cells)


def markdown(rows: list[Row]) -> list[str]:
    return [*_HEAD, *(row.markdown for row in rows)]
