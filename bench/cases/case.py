"""One case: something that a person did, what is right, and how to see what comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """What came of a case. text: for the row; good: whether it is what is right."""

    text: str
    good: bool


@dataclass(frozen=True)
class Case:
    """name: what the person did. right: what should come, in words. look: does it, for real, and says what came."""

    name: str
    right: str
    look: Callable[[], Seen]
