"""GIMP's progress bar, in words."""

from __future__ import annotations

import time

from canvas import talk

from server.client import events
from server.client.progress import describe

REDRAW_S = 0.1
"""Each change of the progress bar is a call into GIMP, so there are only so many a second."""


class Bar:
    """What is heard of one edit. (Its Cancel button ends this process; there is nothing to catch.)"""

    def __init__(self, title: str) -> None:
        talk.begin_progress(title)
        self._drawn = 0.0

    def hear(self, event: events.Event) -> None:
        heard = describe(event)
        if heard is not None and (not heard.passing or time.monotonic() - self._drawn > REDRAW_S):
            self.show(heard.text, heard.fraction)

    def show(self, text: str, fraction: float | None) -> None:
        talk.show_progress(text, fraction)
        self._drawn = time.monotonic()

    def end(self) -> None:
        talk.end_progress()
