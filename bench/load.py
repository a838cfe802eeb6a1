"""Many hosts at one server: ``python -m bench.load [--clients 64] [--seconds 120]``.

Each client has a real session of its own: when it has an answer it acknowledges it, rests for a moment of random length
and asks for the next edit, of random size (16² to 1024² pixels). The server and its worker are real, the edit
(``ponder`` without steps) takes no time, so that gateway, queue and spool are what is measured. After a warm-up of a
quarter of the time, in which buffers and tables grow to what they need, the gateway's memory is watched.

``--sessions 1000 --kept 10000 --devices 8`` is another load: so many sessions, so many answers that nobody has fetched,
and edits that cost nothing on stand-ins for devices (``bench.crowd``). longest_step_ms: the longest step of the
gateway's loop by the clock, waiting for the disk and for its other threads included, without the time in which it could
have run and others had its core (Linux says how long that was). Sessions and stand-ins give way to the gateway
(``nice``): all on one machine, they would have its cores most of the time. start_s: from the start to the first answer.
errors: whatever was refused or did not end, though the server's limits were kept.

Exit 1 when there were errors, a host had to wait unfairly long, memory grew, or a step was too long.

jobs: edits that were begun and ended within the time. errors: failures, lost connections, answers of the wrong size.
unfairness: the longest time that any client waited for one edit in the queue, against the mean of all. gateway_growth:
the gateway's memory in the last quarter against the second, as medians; 0.01 is one per cent.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench import bounds, page
from bench.bounds import Bound
from bench.crowd import crowd
from server.client import events
from server.client.session import Session
from server.client.submission import Mask, Submission
from server.wire.connection import ConnectionFile
from server.wire.geometry import Bounds
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe
from tests.running import PONDERING, RunningServer

BOUNDS = (
    Bound("errors", most=0),
    Bound("jobs", least=1),
    Bound("unfairness", most=20),
    Bound("gateway_growth", most=0.25),
)
CROWDED = (
    Bound("errors", most=0),
    Bound("jobs", least=1),
    Bound("longest_step_ms", most=20),
    Bound("gateway_growth", most=0.1),
    Bound("start_s", most=5),
)

_SIDES = (16, 48, 64, 128, 256, 512, 1024)
_WEIGHTS = (20, 20, 20, 16, 12, 8, 4)
_REST_S = 0.3
"""At most; so short that there is always a queue. Where nobody waits, the longest wait says nothing of fairness."""

_WATCH_S = 0.5
_PATIENCE_S = 120.0
"""For the edits that are under way when the time is over."""


def submission(side: int, seed: int) -> Submission:
    """A gray square with a small selection: its size is what matters."""
    mask = bytearray(side * side)
    mask[side * side // 2] = 255
    layer = Raster(Bounds(0, 0, side, side), Channels.RGBA, Depth.U8)
    recipe = Recipe("ponder", seed=seed, feather=0)
    return Submission(recipe, layer, b"\x80" * layer.nbytes, Mask(Depth.U8, bytes(mask)))


@dataclass
class Seen:
    """waits: seconds from the request to the first step, one an edit. memory: (time, bytes) of the gateway."""

    jobs: int = 0
    nbytes: int = 0
    waits: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)


class Guest:
    """One client: asks, waits, acknowledges, rests."""

    def __init__(self, connection: ConnectionFile, name: str, rng: random.Random, seen: Seen) -> None:
        self._session = Session(connection, name, "load")
        self._rng, self._seen = rng, seen
        self._job: Submission | None = None
        self._asked = 0.0
        self._rested = time.monotonic() + rng.random() * _REST_S
        self._began = False
        self._stopping = False

    @property
    def done(self) -> bool:
        return self._stopping and self._job is None

    def stop(self) -> None:
        """No further edit; the one under way goes on."""
        self._stopping = True

    def close(self) -> None:
        self._session.close()

    def turn(self) -> None:
        for event in self._session.poll():
            self._hear(event)
        idle = self._job is None and not self._stopping and self._session.lost is None
        if idle and self._session.welcome is not None and time.monotonic() > self._rested:
            self._ask()

    def _ask(self) -> None:
        side = self._rng.choices(_SIDES, _WEIGHTS)[0]
        self._job, self._asked, self._began = submission(side, self._rng.randrange(1 << 16)), time.monotonic(), False
        self._session.start(self._job)

    def _hear(self, event: events.Event) -> None:
        if isinstance(event, events.ServerLost):
            self._fail(f"the server was lost: {event.error}")
        elif isinstance(event, events.EditFailed):
            self._fail(f"{event.error.code.value}: {event.error}")
        elif isinstance(event, (events.Progressed, events.Arrived)) and self._job is not None and not self._began:
            self._began = True
            self._seen.waits.append(time.monotonic() - self._asked)
        if isinstance(event, events.Arrived):
            self._arrived(event)

    def _arrived(self, event: events.Arrived) -> None:
        assert self._job is not None
        (layer,) = event.results
        if event.job != self._job.job or layer.data.nbytes != self._job.layer.nbytes:
            self._seen.errors.append("an answer does not fit its request")
        self._seen.jobs += 1
        self._seen.nbytes += self._job.nbytes + layer.data.nbytes
        self._session.acknowledge(event.job)
        self._session.reuse(event)
        self._rest()

    def _fail(self, why: str) -> None:
        self._seen.errors.append(why)
        self._rest()

    def _rest(self) -> None:
        self._job = None
        self._rested = time.monotonic() + self._rng.random() * _REST_S


def load(server: RunningServer, clients: int, seconds: float, rng: random.Random) -> Seen:
    seen, gateway = Seen(), psutil.Process(server.process.pid)
    guests = [Guest(server.connection, f"{number:032x}", rng, seen) for number in range(clients)]
    try:
        for now in _for(seconds, guests):
            if not seen.memory or now - seen.memory[-1][0] > _WATCH_S:
                seen.memory.append((now, gateway.memory_info().rss))
        for guest in guests:
            guest.stop()
        for _ in _for(_PATIENCE_S, guests):
            if all(guest.done for guest in guests):
                break
        else:
            seen.errors.append(f"{sum(not guest.done for guest in guests)} edits did not end")
    finally:
        for guest in guests:
            guest.close()
    return seen


def _for(seconds: float, guests: list[Guest]) -> Iterator[float]:
    """Turns of all guests, and the time since the beginning after each."""
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        for guest in guests:
            guest.turn()
        yield now
        time.sleep(0.01)


def unfairness(waits: list[float]) -> float:
    return max(waits) / statistics.mean(waits)


def growth(memory: list[tuple[float, int]], seconds: float) -> float:
    """Of the last quarter of the time over the second."""
    second = [nbytes for at, nbytes in memory if seconds / 4 <= at < seconds / 2]
    last = [nbytes for at, nbytes in memory if at >= seconds * 3 / 4]
    return statistics.median(last) / statistics.median(second) - 1


def figures(seen: Seen, clients: int, seconds: float) -> dict[str, float]:
    return {
        "clients": clients,
        "jobs": seen.jobs,
        "errors": len(seen.errors),
        "unfairness": round(unfairness(seen.waits), 2),
        "gateway_growth": round(growth(seen.memory, seconds), 4),
    }


def table(seen: Seen, found: dict[str, float]) -> list[str]:
    head = ("clients", "edits", "errors", "wait for one's turn", "longest wait, of the mean", "growth of the gateway")
    mean = f"{statistics.mean(seen.waits):.2f} s"
    growth = f"{found['gateway_growth']:.1%}"
    cells = (found["clients"], found["jobs"], found["errors"], mean, f"{found['unfairness']} times", growth)
    return [page.row(head), "|--:|--:|--:|--:|--:|--:|", page.row(cells)]


def crowded(sessions: int, kept: int, devices: int, seconds: float, rng: random.Random) -> dict[str, float]:
    seen = crowd.crowd(sessions, kept, devices, seconds, rng)
    for why in sorted(set(seen.errors)):
        print(f"{seen.errors.count(why)} × {why}")
    return {
        "sessions": sessions,
        "kept": kept,
        "devices": devices,
        "jobs": seen.jobs,
        "errors": len(seen.errors),
        "longest_step_ms": round(seen.longest_step_s * 1000, 1),
        "gateway_growth": round(crowd.growth(seen.memory), 4),
        "cpu_ms_each": round(1000 * seen.cpu_s / max(1, seen.jobs), 2),
        "start_s": round(seen.start_s, 2),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.load", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--page", type=Path, help="write the table into this page, docs/reliability.md")
    parser.add_argument("--sessions", type=int, default=0, help="the other load: so many sessions at once")
    parser.add_argument("--kept", type=int, default=0, help="answers that nobody has fetched, beside --sessions")
    parser.add_argument("--devices", type=int, default=1, help="stand-ins that work, beside --sessions")
    bounds.add_options(parser)
    options = parser.parse_args()
    if options.sessions:
        rng = random.Random(options.seed)
        found = crowded(options.sessions, options.kept, options.devices, options.seconds, rng)
        return bounds.conclude(found, CROWDED, options)
    with tempfile.TemporaryDirectory(prefix="op-") as folder:
        server = RunningServer(Path(folder), "--device", "cpu", environment=PONDERING)
        try:
            seen = load(server, options.clients, options.seconds, random.Random(options.seed))
        finally:
            server.stop()
    for why in sorted(set(seen.errors)):
        print(f"{seen.errors.count(why)} × {why}")
    rate = seen.nbytes / options.seconds / 2**20
    print(f"{seen.jobs / options.seconds:.1f} edits and {rate:.1f} MiB a second, both ways together")
    print(f"waits: mean {statistics.mean(seen.waits):.2f} s, longest {max(seen.waits):.2f} s")
    print(
        f"the gateway's memory: {seen.memory[0][1] / 2**20:.0f} MiB at first, {seen.memory[-1][1] / 2**20:.0f} at last"
    )
    found = figures(seen, options.clients, options.seconds)
    if options.page is not None:
        page.put(options.page, "bench.load", table(seen, found))
    return bounds.conclude(found, BOUNDS, options)


if __name__ == "__main__":
    sys.exit(main())
