"""Words: those for the catalogue of translations, and those from elsewhere, made fit to be shown, sent and logged."""

from __future__ import annotations

import traceback
from pathlib import Path

_PLACES = 6


def mark(english: str) -> str:
    """``english`` itself: a text that the reader's side translates (``server/client/locale``), with ``{holes}`` for
    values perhaps."""
    return english


def plain(text: str, most: int) -> str:
    """On one line, without what a terminal or a dialog would obey (control characters, changes of direction), and at
    most ``most`` letters long."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def where(error: BaseException) -> str:
    """For the log: of what kind an error is and where it was raised. Without its own words, for these may quote what
    somebody sent."""
    frames = traceback.extract_tb(error.__traceback__)[-_PLACES:]
    return f"{type(error).__name__} at " + ", ".join(f"{Path(one.filename).name}:{one.lineno}" for one in frames)
