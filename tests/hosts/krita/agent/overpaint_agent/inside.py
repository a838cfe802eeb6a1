"""What tests can ask of a running Krita: the public functions of these rooms. They take and return what JSON can carry;
pixels go through files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import alive, documents, edits, history, learned, stacks, waiting, window

ROOMS = (waiting, documents, history, stacks, edits, window, learned, alive)


def named(name: str) -> Callable[..., Any]:
    """The function of that name, in the room that defines it."""
    for room in ROOMS:
        found = vars(room).get(name)
        if getattr(found, "__module__", "") == room.__name__:
            return found
    raise LookupError(f"no test can ask for {name!r}")
