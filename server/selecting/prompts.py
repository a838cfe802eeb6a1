"""What a person pointed at, and what finds it: the one thing that all engines have in common."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from server.pixels.masks import Region
from server.pixels.picture import F32, Picture
from server.wire.recipe import Click


class Drawn(str, Enum):
    """How a rough selection is meant."""

    AUTO = "auto"
    """As its shape says."""
    ON = "on it"
    """A scribble: all of it lies on the thing, which goes on beyond it."""
    AROUND = "around it"
    """A lasso or a box: the thing ends about where it ends, or within."""


@dataclass(frozen=True, eq=False)
class Prompts:
    """All in pixels of the picture, of (H, W).

    points: in the order in which they were pointed at. rough: bool (H, W), what was roughly selected, meant as
    ``drawn`` (never AUTO) says; None: nothing. words: its name; empty: none. With nothing at all the picture's subject
    is meant.
    """

    points: tuple[Click, ...] = ()
    rough: Region | None = None
    drawn: Drawn = Drawn.AROUND
    words: str = ""


class Seen(Protocol):
    """A picture that was looked at once: every further question is quick."""

    def find(self, prompts: Prompts) -> F32:
        """(H, W), 0..1: how surely each pixel belongs to what is meant, at least half where it does. Its edge need not
        be exact: ``matting`` finds how soft that is. All 0: there is nothing like that."""
        ...


class Engine(Protocol):
    """What finds things. name: what it looked with; two engines of one name see alike."""

    name: str

    def look(self, picture: Picture) -> Seen: ...
