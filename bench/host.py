"""What Overpaint costs a real Krita and a real GIMP: ``python -m bench.host``.

Both erase the same way: a 1024 × 1024 crop of a 4096 × 4096 RGBA8 document, through the installed plugin, the real
server and its worker over ipc, after a first edit that warms both sides up. Krita runs maximised, with two layers (as
its own new documents have), the picture at 100 % and our docker open, under Xvfb. Its canvas acceleration is off, as
one sets it where there is no graphics card: an OpenGL canvas that the processor has to draw takes 40 to 150 ms a
frame, whoever changes the picture.

krita_max_gap_ms: the longest time, over all edits, that a timer of 1 ms in Krita's own event loop was kept waiting from
the request until 0.2 s after the layer was there. Beside it are printed what the same timer sees while nothing
happens, and while Krita itself adds an empty layer (Layer > Add): what is below that is not ours to mend.
krita_copied_gap_ms: the same for edits that read the visible picture, which Krita puts together in a copy of the
document.
krita_extra_s, gimp_extra_s: median seconds from the action to the layer in the document, less the server's own time.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.bounds import Bound, add_options, conclude
from tests.hosts.conftest import SUITE
from tests.hosts.gimp import speed
from tests.hosts.gimp.desk import lay_out
from tests.hosts.host import Host, opened
from tests.hosts.krita import running
from tests.hosts.rootfs import HostUnavailableError
from tests.hosts.screen import screen
from tests.running import RunningServer

BOUNDS = (
    Bound("krita_max_gap_ms", most=50),
    Bound("krita_copied_gap_ms", most=50),
    Bound("krita_extra_s", most=0.5),
    Bound("gimp_extra_s", most=0.5),
)
SHORT_BOUNDS = tuple(Bound(bound.name, least=0) for bound in BOUNDS)

KRITAS_OWN_S = 6
"""After the first edit: Krita draws a new picture's thumbnails once nothing has happened for three seconds."""

SIDE, PART, CONTEXT = 4096, 256, 384
"""Of the document, the selection, and what the server sees on each side of it: 256 + 2 × 384 = 1024."""


def krita(host: Host, home: Path, count: int) -> tuple[float, float, float]:
    """(largest gap in ms, largest where the document is copied, median extra seconds) of ``count`` edits each."""
    running.install(host, home)
    (host.home / ".config/kritadisplayrc").write_text("OpenGLRenderer=none\n")
    with screen(host) as display, running.krita(host, display) as started:
        ask = started.ask
        ask("new_document", width=SIDE, height=SIDE)
        _fill(started)
        ask("show_docker", width=260)
        ask("action", name="zoom_to_100pct")
        _edit(ask)
        ask("wait", seconds=KRITAS_OWN_S)
        edits = [_edit(ask) for _ in range(count)]
        copied = max(_edit(ask, reading="visible")["gaps_ms"][0] for _ in range(count))
        own = ask("timed_action", name="add_new_paint_layer")
    gap = max(edit["gaps_ms"][0] for edit in edits)
    idle = statistics.median(edit["quiet_ms"] for edit in edits)
    print(f"Krita    largest gaps  {[edit['gaps_ms'][0] for edit in edits]} ms")
    print(f"         at rest {idle:.0f} ms; Krita's own Layer > Add {own['gaps_ms'][0]:.0f} ms")
    extra = [edit["seconds"] - sum(edit["server"].values()) for edit in edits]
    print(f"         action to layer, less the server: {[round(one, 3) for one in extra]} s", flush=True)
    print(f"         largest gap where the document is copied {copied:.0f} ms", flush=True)
    return gap, copied, statistics.median(extra)


def _fill(started: running.Krita) -> None:
    """A grainy picture on the lower layer, something transparent on the upper, a square selected in the middle."""
    ramp = np.linspace(20, 220, SIDE).astype(np.uint8)
    grain = np.random.default_rng(1).integers(0, 30, (SIDE, SIDE), np.uint8)
    picture = np.full((SIDE, SIDE, 4), 255, np.uint8)
    picture[..., :3] = (ramp[None, :] + grain)[..., None]
    path = started.file("paint.raw", picture.tobytes())
    started.ask("paint", name="Ink", path=str(path), x=0, y=0, width=SIDE, height=SIDE)
    started.ask("add_layer", name="Sketch")
    started.ask("activate", name="Ink")
    middle = (SIDE - PART) // 2
    mask = started.file("select.raw", b"\xff" * PART**2)
    started.ask("select", path=str(mask), x=middle, y=middle, width=PART, height=PART)


def _edit(ask: Callable[..., Any], **settings: str) -> dict[str, Any]:
    edit: dict[str, Any] = ask("timed", function="erase_selection", context=CONTEXT, within=180, **settings)
    assert edit["crop"] == [SIDE // 4, SIDE // 4], edit["crop"]
    ask("undo")
    ask("wait", seconds=1)
    return edit


def gimp(host: Host, home: Path, count: int) -> float:
    timings = speed.edits(lay_out(host, home), count)
    print(f"GIMP     action to layer, less the server: {[round(one.extra, 3) for one in timings]} s", flush=True)
    return speed.extra_seconds(timings)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edits", type=int, default=7, help="measured edits in each host")
    parser.add_argument("--short", action="store_true", help="one edit in each: that it works, not how fast")
    add_options(parser)
    options = parser.parse_args()
    count = 1 if options.short else options.edits
    try:
        figures = measured(count)
    except HostUnavailableError as why:
        raise SystemExit(f"REAL HOSTS NOT MEASURED: {why}") from None
    return conclude(figures, SHORT_BOUNDS if options.short else BOUNDS, options)


def measured(count: int) -> dict[str, float]:
    with opened(SUITE) as host:
        home = host.work / "op"
        home.mkdir()
        server = RunningServer(home, "--device", "cpu")
        try:
            gap, copied, krita_extra = krita(host, home, count)
            gimp_extra = gimp(host, home, count)
        finally:
            server.stop()
    return {
        "krita_max_gap_ms": round(gap, 1),
        "krita_copied_gap_ms": round(copied, 1),
        "krita_extra_s": round(krita_extra, 3),
        "gimp_extra_s": round(gimp_extra, 3),
    }


if __name__ == "__main__":
    sys.exit(main())
