"""How alive Krita's window is while something happens."""

from __future__ import annotations

import time

from krita import Krita

from .documents import current, layer_named
from .qt import Qt, QTimer
from .waiting import until, wait


class Heartbeat:
    """A timer of 1 ms in Krita's loop: the longest time it was kept waiting."""

    def __init__(self) -> None:
        self.beats: list[float] = []
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(lambda: self.beats.append(time.perf_counter()))
        self._timer.start(1)

    def stop(self) -> list[float]:
        self._timer.stop()
        return [later - earlier for earlier, later in zip(self.beats, self.beats[1:], strict=False)]


def timed(function: str, node: str = "Ink", **values) -> dict:
    """One edit from the call to the layer: the gaps in the loop (ms, longest first) and the server's own time."""
    from overpaint import api as overpaint
    from overpaint.controller import the_controller

    server = []
    desk = the_controller().arrivals
    learn = desk._learn

    def listen(one) -> None:
        server.append(dict(one.arrived.finished.seconds))
        learn(one)

    desk._learn = listen
    heart = Heartbeat()
    wait(0.2)
    quiet = max(heart.beats[i + 1] - heart.beats[i] for i in range(len(heart.beats) - 1))
    heart.beats.clear()
    one = getattr(overpaint, function)(current(), layer_named(node), wait=False, **values)
    until(lambda: one.phase.settled, 120)
    seconds = one.times.took
    wait(0.2)
    gaps = sorted(heart.stop(), reverse=True)
    desk._learn = learn
    if one.error is not None:
        raise one.error
    ms = [round(gap * 1000, 1) for gap in gaps[:5]]
    crop = [one.crop.width, one.crop.height]
    return {"seconds": seconds, "server": server[0], "gaps_ms": ms, "quiet_ms": quiet * 1000, "crop": crop}


def timed_action(name: str) -> dict:
    """The gaps in the loop while Krita does something of its own."""
    heart = Heartbeat()
    wait(0.2)
    heart.beats.clear()
    Krita.instance().action(name).trigger()
    wait(1)
    return {"gaps_ms": [round(gap * 1000, 1) for gap in sorted(heart.stop(), reverse=True)[:5]]}
