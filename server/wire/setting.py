"""What a setting is, said once: forms, the command line, checks and the pages are loops over this."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from . import lengths


@dataclass(frozen=True)
class Range:
    """What a number may be, both ends included. No number at all (NaN) is in none."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"from {self.low:.10g} to {self.high:.10g}"


class SettingKind(str, Enum):
    """How a form asks for it."""

    WHOLE = "whole"
    NUMBER = "number"
    SHARE = "share"
    """A number that people read as per cent."""
    NUMBERS = "numbers"
    """Several at once, as text: "0.7", "0.5 0.8" or "0.5:1.0:6" (from, to, how many)."""
    TEXT = "text"
    CHOICE = "choice"
    """One of the setting's ``choices``, or a name that the server offers (a model, a preset)."""
    SEED = "seed"
    LENGTH = "length"
    """Pixels, or per cent of the picture's own side, as text: "200", "25%"."""


class Group(str, Enum):
    """Where a form shows it."""

    FIRST = "first"
    MORE = "more"


@dataclass(frozen=True)
class Setting:
    """name: as in ``Recipe`` or, for one that a method brings, in ``Recipe.extras``. title: its label, in English, and
    tip: one sentence (hosts translate both). low, high: both ends of the range, None where there is none. default: what
    it is when nobody says anything; None: the server chooses. step: of the arrows of a form. unit: "px", or nothing."""

    name: str
    kind: SettingKind
    title: str
    tip: str
    low: float | None = None
    high: float | None = None
    default: float | None = None
    step: float = 1
    unit: str = ""
    group: Group = Group.MORE
    choices: tuple[str, ...] = ()

    @property
    def range(self) -> Range | None:
        return None if self.low is None or self.high is None else Range(self.low, self.high)

    def problem(self, text: str) -> str:
        """What is wrong with ``text`` as its value, for a sentence that ends "…; it has to be X."; empty: nothing."""
        if self.kind is SettingKind.CHOICE:
            return "" if not self.choices or text in self.choices else f"one of {', '.join(self.choices)}"
        if self.kind is SettingKind.LENGTH:
            return lengths.problem(text)
        if self.range is None:
            return ""
        several = self.kind is SettingKind.NUMBERS
        numbers = [end for part in text.split() for end in part.split(":")[:2]] if several else [text]
        good = all(_number(number, self.kind) in self.range for number in numbers)
        return "" if good else f"{'a whole number ' if self.kind is SettingKind.WHOLE else ''}{self.range}"


def _number(text: str, kind: SettingKind) -> float:
    """NaN for what is none."""
    try:
        return int(text) if kind in (SettingKind.WHOLE, SettingKind.SEED) else float(text)
    except ValueError:
        return math.nan
