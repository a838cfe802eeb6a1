"""The line to the server. No gi."""

from __future__ import annotations

from dataclasses import dataclass

from server.client import events
from server.client.link import Link
from server.wire.messages import Welcome

WAIT_S = 0.25
STEP_S = 0.05
"""Nobody's window waits for a plug-in of GIMP, so one step of the link may be long."""


@dataclass
class ServerLink:
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
