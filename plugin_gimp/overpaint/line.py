"""The line to the server, and what is heard on it in words for a progress bar. No gi."""

from __future__ import annotations

from dataclasses import dataclass

from server.client import events
from server.client.link import Link
from server.client.translation import tr
from server.client.wording import place_line, stage_line
from server.wire.messages import Welcome

WAIT_S = 0.25
STEP_S = 0.05
"""Nobody's window waits for a plug-in of GIMP, so one step of the link may be long."""


@dataclass
class Line:
    """The link to the server. welcome: what the server offers, once it can take a job."""

    link: Link
    welcome: Welcome | None = None

    def listen(self, wait: float = WAIT_S, budget: float = STEP_S) -> list[events.Event]:
        """What has happened, after waiting up to ``wait`` seconds for something. Raises ``OverpaintError`` when there
        is no server and nothing is to be hoped for."""
        self.link.wait(wait)
        happened = self.link.poll(budget)
        for event in happened:
            if isinstance(event, events.Welcomed):
                self.welcome = event.welcome
            if isinstance(event, events.ServerLost):
                self.welcome = None
                raise event.error
        return happened


@dataclass(frozen=True)
class Said:
    """Where a job stands: in words, and how far (0..1; None where that is not known). passing: one of very many."""

    text: str
    fraction: float | None = None
    passing: bool = False


def said(event: events.Event) -> Said | None:
    """What ``event`` means to a person who waits; None where it means nothing."""
    if isinstance(event, events.Connecting) and event.starting:
        return Said(tr("Starting the server"))
    if isinstance(event, events.Interrupted):
        return Said(tr("The server stopped; your edit is kept and starts again"))
    if isinstance(event, events.Uploading):
        return Said(tr("Sending"), event.fraction, passing=True)
    if isinstance(event, events.Downloading):
        return Said(tr("Receiving"), event.fraction, passing=True)
    if isinstance(event, events.Queued):
        return Said(place_line(event.place))
    if isinstance(event, events.Progressed):
        fraction = event.step / event.of if event.of else None
        return Said(stage_line(event.stage, event.seconds_left), fraction, passing=True)
    return None
