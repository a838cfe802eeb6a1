"""What it costs to send a layer to the server and back: ``python -m bench.roundtrip``.

A 4096² RGBA8 layer (64 MiB) and its 8-bit mask (16 MiB), photo-like, go to an echo server process and come back through
the product's own client and endpoint: 160 MiB travel. The unit is *memcpy twice* of those 160 MiB with warm buffers, in
the same run and alternating with the trips: whatever goes through a socket is copied into the kernel and out of it, so
one unit is what no socket can do without on a single core.

ipc_ratio, tcp_ratio: a trip in that unit (TCP without CURVE: a private switch, only here).
curve_over_tcp: CURVE against plain TCP.
crop_speedup: the full layer against a 1024² crop of it on the same ipc socket, cropping included.
http_png_over_ipc: HTTP + JSON + base64 PNG level 1 against ipc.
cancel_ms: from ``cancel`` in the middle of an upload to ``Cancelled``, median.
frozen_s: from a server stopped (SIGSTOP), or its loop hanging, to ``ServerLost``, the longest.
second_send_bytes: pixels that travel for a second request on the same crop, of a real server.
slider_stop_ms: request to the first byte of an answer that server remembers, for a 4096² crop of RGBA16.
different: trips from which other bytes came back. ``--short``: a smaller layer, once each way, without the rivals.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import skimage.data

from bench import again, png_rivals
from bench.bounds import Bound, add_options, conclude
from server.client import events
from server.client.blocking import Client
from server.client.crop import cut
from server.client.session import Session
from server.client.submission import Mask, Submission
from server.wire import sockets
from server.wire.connection import ConnectionFile, read_connection
from server.wire.geometry import Bounds
from server.wire.paths import Home
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe

SAME = Bound("different", most=0)
SENT_ONCE = Bound("second_send_bytes", most=0)
BOUNDS = (
    SAME,
    Bound("ipc_ratio", most=2.5),
    Bound("tcp_ratio", most=4),
    Bound("curve_over_tcp", most=3),
    Bound("crop_speedup", least=4),
    Bound("http_png_over_ipc", least=40),
    Bound("cancel_ms", most=10),
    Bound("frozen_s", most=2.5),
    SENT_ONCE,
    Bound("slider_stop_ms", most=50),
)
SIDE, SHORT_SIDE = 4096, 1024
"""The crop is a quarter as wide."""


def photo(side: int) -> png_rivals.Pixels:
    """(side, side, 4): photographs side by side, mirrored in turn, with the noise of a sensor (σ 2)."""
    tile = np.asarray(skimage.data.astronaut(), dtype=np.int16)  # type: ignore[no-untyped-call]  # skimage has no types
    pair = np.concatenate([tile, tile[:, ::-1]], axis=1)
    block = np.concatenate([pair, pair[::-1]], axis=0)
    count = -(-side // block.shape[0])
    rgb = np.tile(block, (count, count, 1))[:side, :side]
    noise = np.random.default_rng(1).normal(0, 2, rgb.shape).round().astype(np.int16)
    noisy = np.clip(rgb + noise, 0, 255).astype(np.uint8)
    return np.dstack([noisy, np.full((side, side), 255, np.uint8)])


def soft_disc(side: int) -> png_rivals.Pixels:
    """(side, side): a selection with a soft edge."""
    y, x = np.ogrid[:side, :side]
    distance = np.hypot(y - side / 2, x - side / 2)
    return (np.clip((side / 3 - distance) / 64, 0, 1) * 255).astype(np.uint8)


class Layer:
    """The bytes as a host would hold them, and a request for all or a part of them."""

    def __init__(self, side: int) -> None:
        self._whole, self._part = Bounds(0, 0, side, side), Bounds(side // 3, side // 3, side // 4, side // 4)
        self.picture, self.selection = photo(side), soft_disc(side)
        self.pixels, self.mask = self.picture.tobytes(), self.selection.tobytes()

    def whole(self) -> Submission:
        return _submission(self._whole, self.pixels, self.mask)

    def part(self) -> Submission:
        pixels, mask = (cut(data, self._whole, self._part, size) for data, size in ((self.pixels, 4), (self.mask, 1)))
        return _submission(self._part, pixels, mask)


def _submission(bounds: Bounds, pixels: bytes, mask: bytes) -> Submission:
    return Submission(Recipe("echo"), Raster(bounds, Channels.RGBA, Depth.U8), pixels, Mask(Depth.U8, mask))


# --- processes ---------------------------------------------------------------------------------


@contextlib.contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """``python -m ARGUMENTS``, ended afterwards."""
    with subprocess.Popen([sys.executable, "-m", *arguments], stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def line(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    return running.stdout.readline()


@contextlib.contextmanager
def echo(home: Path, transport: str, *options: str) -> Iterator[tuple[subprocess.Popen[str], ConnectionFile]]:
    with process("bench.echo_server", str(home), transport, *options) as running:
        assert line(running) == "ready\n"
        connection = read_connection(home / "connection.json")
        assert connection is not None
        yield running, connection


@contextlib.contextmanager
def line_to(transport: str) -> Iterator[Client]:
    """The product's synchronous client, connected to an echo server of its own."""
    with tempfile.TemporaryDirectory() as folder, echo(Path(folder), transport) as (_, connection):
        sockets.PLAIN_TCP = transport == "plain"
        with Client("bench", Home(Path(folder)), connection) as client:
            client.hello()
            sockets.PLAIN_TCP = False
            yield client


# --- the trips ---------------------------------------------------------------------------------


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def trip(client: Client, submission: Submission, check: bool = False) -> bool:
    """Whether what came back is what was sent, where that is looked at."""
    arrived = client.run(submission)
    assert submission.mask is not None
    sent = [submission.pixels, submission.mask.data]
    same = not check or [layer.data for layer in arrived.results] == sent
    client.reuse(arrived)
    client.acknowledge(submission.job)
    return same


class Memcpy:
    """The unit: the 160 MiB that travel, copied twice between two warm buffers."""

    def __init__(self, nbytes: int) -> None:
        self._one, self._other = memoryview(bytearray(nbytes)), memoryview(bytearray(nbytes))
        self.twice()

    def twice(self) -> None:
        self._one[:] = self._other
        self._other[:] = self._one


def transfers(layer: Layer, rounds: int) -> tuple[dict[str, float], int]:
    """Median seconds of each way, measured in turn, and how many of the first trips came back as something else."""
    memory = Memcpy(2 * (len(layer.pixels) + len(layer.mask)))
    with line_to("ipc") as ipc, line_to("plain") as plain, line_to("tcp") as curve:
        ways: dict[str, Callable[[], object]] = {
            "memcpy": memory.twice,
            "ipc": lambda: trip(ipc, layer.whole()),
            "tcp": lambda: trip(plain, layer.whole()),
            "curve": lambda: trip(curve, layer.whole()),
            "crop": lambda: trip(ipc, layer.part()),
        }
        same = [trip(client, layer.whole(), check=True) for client in (ipc, plain, curve)]
        same.append(trip(ipc, layer.part(), check=True))
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, work in ways.items():
                taken[name].append(seconds(work))
    return {name: statistics.median(times) for name, times in taken.items()}, same.count(False)


def rivals(layer: Layer) -> dict[str, float]:
    """Seconds of the two PNG ways, the better of two rounds."""
    pictures = [layer.picture, layer.selection]
    with process("bench.png_rivals") as running:
        web, socket = (int(port) for port in line(running).split())
        ways = {
            "http": lambda: png_rivals.over_http(web, pictures),
            "websocket": lambda: png_rivals.over_websocket(socket, pictures),
        }
        return {name: min(seconds(way) for _ in range(2)) for name, way in ways.items()}


# --- cancelling and noticing -------------------------------------------------------------------


@contextlib.contextmanager
def session_to(*options: str) -> Iterator[tuple[subprocess.Popen[str], Session]]:
    with tempfile.TemporaryDirectory() as folder, echo(Path(folder), *options) as (running, connection):
        session = Session(connection, "bench")
        until(session, events.Welcomed)
        yield running, session
        session.close()


def until(session: Session, kind: type, fraction: float = 0.0) -> float:
    """Polls as a host does until an event of ``kind`` comes; returns its time."""
    while True:
        session.wait(1.0)
        for event in session.poll():
            if isinstance(event, kind) and getattr(event, "fraction", 1.0) > fraction:
                return time.monotonic()


def cancel_ms(layer: Layer, rounds: int) -> list[float]:
    taken = []
    with session_to("ipc") as (_, session):
        for number in range(rounds):
            job = session.start(layer.whole())
            until(session, events.Uploading, fraction=0.1 + 0.6 * number / rounds)
            began = time.monotonic()
            session.cancel(job)
            taken.append(1000 * (until(session, events.Cancelled) - began))
    return taken


def frozen_s(transport: str) -> float:
    """A process that is stopped whole."""
    with session_to(transport) as (running, session):
        began = time.monotonic()
        os.kill(running.pid, signal.SIGSTOP)
        return until(session, events.ServerLost) - began


def hung_s() -> float:
    """A process whose sockets live while its loop hangs."""
    with session_to("ipc", "--hang-after", "1.3") as (running, session):
        lost = until(session, events.ServerLost)
        return lost - float(line(running).split()[1])


# --- the report --------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description="What it costs to send a layer to the server and back.")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument(
        "--short", action="store_true", help="a small layer, one round, no rivals: the bytes, not the time"
    )
    add_options(parser)
    options = parser.parse_args()
    figures = short() if options.short else measured(options.rounds)
    return conclude(figures, (SAME, SENT_ONCE) if options.short else BOUNDS, options)


def short() -> dict[str, float]:
    layer = Layer(SHORT_SIDE)
    taken, different = transfers(layer, 1)
    show(taken)
    cancelled = {"cancel_ms": round(statistics.median(cancel_ms(layer, 1)), 2)}
    return {"different": different, **cancelled, **again.figures(SHORT_SIDE, 1)}


def measured(rounds: int) -> dict[str, float]:
    print(f"making a {SIDE}² photograph …", flush=True)
    layer = Layer(SIDE)
    print(f"{rounds} rounds of each way …", flush=True)
    taken, different = transfers(layer, rounds)
    print("the PNG ways …", flush=True)
    taken |= rivals(layer)
    show(taken)
    cancels = cancel_ms(layer, rounds)
    print(f"cancel during an upload: median {statistics.median(cancels):.1f} ms, longest {max(cancels):.1f} ms")
    lost = {"stopped, ipc": frozen_s("ipc"), "stopped, tcp": frozen_s("tcp"), "hanging loop": hung_s()}
    for name, value in lost.items():
        print(f"server {name}: noticed after {value:.2f} s")
    figures = {
        "ipc_ratio": taken["ipc"] / taken["memcpy"],
        "tcp_ratio": taken["tcp"] / taken["memcpy"],
        "curve_over_tcp": taken["curve"] / taken["tcp"],
        "crop_speedup": taken["ipc"] / taken["crop"],
        "http_png_over_ipc": taken["http"] / taken["ipc"],
        "cancel_ms": statistics.median(cancels),
        "frozen_s": max(lost.values()),
    }
    rounded = {name: round(value, 2) for name, value in figures.items()}
    return {**rounded, "different": different, **again.figures(SIDE, rounds)}


def show(taken: dict[str, float]) -> None:
    titles = {
        "memcpy": "memcpy twice of all that travels",
        "ipc": "ipc, 1 MiB chunks",
        "tcp": "tcp, 1 MiB chunks, without CURVE",
        "curve": "tcp with CURVE",
        "crop": "a crop of a quarter's width over ipc, cropping included",
        "websocket": "websocket, PNG level 1",
        "http": "HTTP + JSON + base64 PNG level 1",
    }
    for name, title in titles.items():
        if name not in taken:
            continue
        print(f"{title:50} {1000 * taken[name]:9.1f} ms {taken[name] / taken['memcpy']:8.1f} ×")
    strict = 2 * taken["ipc"] / taken["memcpy"]
    print(f"(against the layer copied once there and once back, half the unit: ipc {strict:.1f} ×)")


if __name__ == "__main__":
    sys.exit(main())
