"""Lengths as people write them: in pixels, or as a share of a side of the picture."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_PIXELS, MOST_PERCENT = 16384, 400
_WRITTEN = re.compile(r"([0-9]{1,6}(?:[.,][0-9]{1,4})?)\s*(%|px)?")


@dataclass(frozen=True)
class Length:
    """number: of pixels or, with ``percent``, hundredths of a side."""

    number: float
    percent: bool = False

    def pixels(self, side: int) -> int:
        """Of a side that is ``side`` pixels long; something that was asked for is at least one."""
        wanted = self.number * side / 100 if self.percent else self.number
        return max(1, round(wanted)) if wanted > 0 else 0

    @property
    def allowed(self) -> bool:
        return self.number <= (MOST_PERCENT if self.percent else MOST_PIXELS)


def read(text: str) -> Length | None:
    """“200”, “200 px”, “25 %”, “12.5%”; None: it is no length."""
    found = _WRITTEN.fullmatch(text.strip())
    return Length(float(found[1].replace(",", ".")), found[2] == "%") if found else None


def problem(text: str) -> str:
    """What is wrong with ``text``, for a sentence that ends "…; it has to be X."; empty: nothing."""
    length = read(text)
    if length is not None and length.allowed:
        return ""
    return f"pixels from 0 to {MOST_PIXELS}, or per cent from 0% to {MOST_PERCENT}%"
