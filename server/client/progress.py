"""What is heard of a job, as a person who waits reads it."""

from __future__ import annotations

from dataclasses import dataclass

from . import events
from .translation import tr
from .wording import place_line, stage_line


@dataclass(frozen=True)
class JobProgress:
    """Where a job stands: in words, and how far (0..1; None where that is not known). passing: one of very many."""

    text: str
    fraction: float | None = None
    passing: bool = False


def describe(event: events.Event) -> JobProgress | None:
    """What ``event`` means to a person who waits; None where it means nothing."""
    if isinstance(event, events.Connecting) and event.starting:
        return JobProgress(tr("Starting the server"))
    if isinstance(event, events.Interrupted):
        return JobProgress(tr("The server stopped; your edit is kept and starts again"))
    if isinstance(event, events.Uploading):
        return JobProgress(tr("Sending"), event.fraction, passing=True)
    if isinstance(event, events.Downloading):
        return JobProgress(tr("Receiving"), event.fraction, passing=True)
    if isinstance(event, events.Queued):
        return JobProgress(place_line(event.place))
    if isinstance(event, events.Progressed):
        return JobProgress(stage_line(event.stage, event.seconds_left), fraction_done(event), passing=True)
    return None


def fraction_done(event: events.Progressed) -> float | None:
    """0..1; None where that is not known."""
    return event.step / event.of if event.of else None
