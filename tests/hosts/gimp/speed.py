"""What an edit costs in GIMP beside the server's own work: the plug-in's start, reading, sending, the new layer."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from tests.hosts.gimp.desk import Desk


@dataclass(frozen=True)
class Timing:
    """Seconds from the call of the procedure to the layer in the image, and the server's own part of them."""

    seconds: float
    server: float

    @property
    def extra(self) -> float:
        return self.seconds - self.server


def edits(desk: Desk, count: int = 7) -> list[Timing]:
    """``count`` edits of a 1024 × 1024 crop of a 4096 × 4096 RGBA8 document, after a first one to warm both sides up,
    in a GIMP without a window. The server for ``desk.home`` must run."""
    variables = {"OVERPAINT_EDITS": str(count + 1)}
    report, outcome = desk.console("speed", desk.host.work / "speed", timeout=1500, env=variables)
    made = report["edits"]
    assert len(made) == count + 1, outcome.output
    assert {(edit["width"], edit["height"]) for edit in made} == {(1024, 1024)}
    return [Timing(edit["seconds"], edit["server"]) for edit in made[1:]]


def extra_seconds(timings: list[Timing]) -> float:
    """The median of what GIMP's side adds."""
    return statistics.median(timing.extra for timing in timings)
