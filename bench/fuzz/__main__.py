"""Does anything that comes from outside crash, hang or bloat us? Mutated frames, a real gateway, hostile files.

``python -m bench.fuzz [--decoded N] [--socket N] [--files N] [--identities N] [--seed N]``: frames on the decoder;
frames over a real socket, before and after a hello, to a real gateway in its own process; files for every reader; and a
machine that tries to pass for another. A crash is any error but ours, the end of a process, a refusal that quotes what
it refuses, or anything that the wrong machine was given; a hang is more than a second. Cases that are found are
printed, and kept as tests. Exit 1 when there are any.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import zmq

from bench import bounds, page
from bench.bounds import Bound
from bench.fuzz.frames import mutated, payload
from bench.fuzz.identities import breaches
from server.wire import codec, frames, sockets
from server.wire import messages as wire
from server.wire.errors import OverpaintError
from tests.conftest import short_folder
from tests.running import CHECKOUT, RunningServer, until

HANG_S = 1.0
LONGEST_REFUSAL = 500
"""Letters: what is refused is not quoted."""

BOUNDS = (Bound("crashes", most=0), Bound("hangs", most=0), Bound("growth_mb", most=64))
_ROUND = 200
"""Frames after which the gateway has to answer a ping."""
_OF_ONE_CONNECTION = 50
_LEFT_ALONE = 50
_PATIENCE_S = 60.0


@dataclass
class Found:
    """growth: bytes, of the process that grew most."""

    crashes: int = 0
    hangs: int = 0
    growth: int = 0
    shown: list[str] = field(default_factory=list)

    def crash(self, what: str) -> None:
        self.crashes += 1
        self._show(f"crash: {what}")

    def hang(self, what: str) -> None:
        self.hangs += 1
        self._show(f"hang: {what}")

    def grew(self, nbytes: int) -> None:
        self.growth = max(self.growth, nbytes)

    def _show(self, what: str) -> None:
        if len(self.shown) < 20:
            self.shown.append(what)
            print(what[:2000], flush=True)


def decode_many(count: int, seed: int, found: Found) -> None:
    rng, process = random.Random(seed), psutil.Process()
    before = 0
    for number in range(count):
        if number == count // 3:
            before = process.memory_info().rss
        header, data = mutated(rng), payload(rng)
        raw = frames.Frames(b"", header, memoryview(data) if data is not None else None, 0)
        began = time.monotonic()
        _decode(raw, found)
        if time.monotonic() - began > HANG_S and _really_hangs(raw):
            found.hang(repr(header))
    found.grew(process.memory_info().rss - before)


def _decode(raw: frames.Frames, found: Found) -> None:
    try:
        codec.encode(raw.message())
    except OverpaintError as error:
        if len(error.sentence) + len(error.hint) > LONGEST_REFUSAL:
            found.crash(f"a refusal of {len(error.sentence)} letters for {raw.header[:200]!r}…")
        codec.encode(wire.Failed.of("", error))
    except codec.TooLongError:  # what was decoded may be longer when it is written out
        pass
    except Exception as error:  # noqa: BLE001  # any other error is what is sought here
        found.crash(f"{error!r} {raw.header!r}")


def _really_hangs(raw: frames.Frames) -> bool:
    """Once more, in processor time: a busy machine is no hang."""
    began = time.thread_time()
    _decode(raw, Found())
    return time.thread_time() - began > HANG_S


class Vandal:
    """A connection that is opened anew whenever the server ends it; every other one says no hello."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._greets = False
        self._left: deque[tuple[list[sockets.ConnectionMonitor], list[sockets.Socket]]] = deque()
        self._context = sockets.new_context()
        self._open()

    def _open(self) -> None:
        self._sockets = {channel: sockets.client_socket(self._context, None, None) for channel in wire.Channel}
        self._lines = {channel: sockets.ConnectionMonitor(socket) for channel, socket in self._sockets.items()}
        session = random.randbytes(8).hex()
        self._greets = not self._greets
        connection = self._server.connection
        for channel, address in ((wire.Channel.DATA, connection.data), (wire.Channel.CONTROL, connection.control)):
            self._sockets[channel].connect(address)
            self._greet(self._sockets[channel], wire.Hello(wire.PROTOCOL_MAJOR, 0, "fuzz", session, channel))

    def _greet(self, socket: sockets.Socket, hello: wire.Hello) -> None:
        until(lambda: socket.poll(50, zmq.POLLOUT) or not self.has_a_server, "a way in")
        if self._greets:
            with contextlib.suppress(zmq.Again):  # it was cut already, or its server has ended: the next throw says so
                frames.send(socket, hello)

    @property
    def has_a_server(self) -> bool:
        return self._server.process.poll() is None

    def throw(self, parts: list[bytes], rng: random.Random) -> None:
        socket = self._sockets[rng.choice((wire.Channel.DATA, wire.Channel.DATA, wire.Channel.CONTROL))]
        end = time.monotonic() + _PATIENCE_S
        while time.monotonic() < end and self.has_a_server:
            self._listen()
            with contextlib.suppress(zmq.Again):
                socket.send_multipart(parts, zmq.NOBLOCK)
                return
            if any(line.gone for line in self._lines.values()):
                self.reopen()
                return
            time.sleep(0.001)

    def reopen(self) -> None:
        """What was opened before is closed a while later: libzmq 4.3.5 aborts (``session_base.cpp``) when a socket with
        half a message left is closed in the moment in which its peer hangs up."""
        self._left.append((list(self._lines.values()), list(self._sockets.values())))
        if len(self._left) > _LEFT_ALONE:
            lines, left = self._left.popleft()
            for line, socket in zip(lines, left, strict=True):
                line.close()
                socket.close()
        self._open()

    def _listen(self) -> None:
        for channel, socket in self._sockets.items():
            self._lines[channel].update()
            while frames.receive(socket, routed=False) is not None:
                pass

    def close(self) -> None:
        for line in self._lines.values():
            line.close()
        self._context.destroy(linger=0)


def throw_many(count: int, seed: int, found: Found) -> None:
    rng = random.Random(seed)
    paths = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(CHECKOUT)])
    with short_folder() as home:
        server = RunningServer(home, environment={"PYTHONPATH": paths})
        process = psutil.Process(server.process.pid)
        vandal, before = Vandal(server), 0
        for number in range(count):
            if number == count // 3:
                before = process.memory_info().rss
            if number % _OF_ONE_CONNECTION == 0:
                vandal.reopen()
            data = payload(rng)
            vandal.throw([mutated(rng), *([] if data is None else [data])], rng)
            looks = number % _ROUND == _ROUND - 1 or not vandal.has_a_server
            if looks and not _answers(server, found):
                break
        vandal.close()
        if server.process.poll() is None:
            found.grew(process.memory_info().rss - before)
            server.stop()


def _answers(server: RunningServer, found: Found) -> bool:
    """A new client is welcomed; False when the server has ended. A gateway that is scheduled late on a busy machine has
    not hung: what counts is its own processor time until then."""
    if server.process.poll() is not None:
        found.crash(f"the gateway ended with {server.process.poll()}; {server.log()[-1000:]}")
        return False
    process = psutil.Process(server.process.pid)
    began = sum(process.cpu_times()[:2])
    try:
        with server.client("witness") as client:
            client.jobs()
    except AssertionError as error:
        if server.process.poll() is not None:
            found.crash(f"the gateway ended: {error}; {server.log()[-1000:]}")
            return False
        found.hang(f"the gateway: {error}")
        return True
    if sum(process.cpu_times()[:2]) - began > HANG_S:
        found.hang("the gateway answered late")
    return True


def read_many(count: int, seed: int, found: Found) -> None:
    first = 0
    while first < count:
        command = [sys.executable, "-m", "bench.fuzz.files", str(seed), str(first), str(count)]
        with subprocess.Popen(
            command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as child:
            out, err = child.communicate(timeout=count + 300)
        lines = [line.split() for line in out.splitlines()]
        for line in lines:
            if line[0] == "growth":
                found.grew(int(line[1]))
                continue
            first = int(line[0]) + 1
            if len(line) > 2:
                found.crash(f"case {line[0]} of seed {seed}: {' '.join(line[2:])}")
            if float(line[1]) > HANG_S:
                found.hang(f"case {line[0]} of seed {seed}")
        if child.returncode != 0:
            found.crash(f"the reader ended with {child.returncode} at case {first} of seed {seed}: {err[-1000:]}")
            first += 1


def pass_for_another(count: int, seed: int, found: Found) -> None:
    for breach in breaches(count, seed):
        found.crash(breach)


@dataclass(frozen=True)
class Assault:
    """title: what it is, for the page. work: does ``count`` of it with a seed."""

    name: str
    title: str
    count: int
    work: Callable[[int, int, Found], None]

    def run(self, seed: int) -> Found:
        found, began = Found(), time.monotonic()
        if self.count:
            self.work(self.count, seed, found)
        seconds = time.monotonic() - began
        print(f"{self.count} {self.title} in {seconds:.0f} s; growth {found.growth / 1e6:.1f} MB", flush=True)
        return found


def table(assaults: list[Assault], found: list[Found]) -> list[str]:
    head = ("what comes in", "how many", "crashes", "hangs over a second", "growth, MB")
    rows = [
        (one.title, f"{one.count:,}", seen.crashes, seen.hangs, f"{seen.growth / 1e6:.1f}")
        for one, seen in zip(assaults, found, strict=True)
    ]
    return [page.row(head), "|---|--:|--:|--:|--:|", *map(page.row, rows)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--decoded", type=int, default=1_000_000)
    parser.add_argument("--socket", type=int, default=50_000)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--identities", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--page", type=Path, help="write the table into this page, docs/security.md")
    bounds.add_options(parser)
    given = parser.parse_args()
    assaults = [
        Assault("decoded_frames", "mutated frames on the decoder", given.decoded, decode_many),
        Assault("socket_frames", "mutated frames on a real socket of a gateway", given.socket, throw_many),
        Assault("hostile_files", "hostile pictures, profiles, masks, models and invitations", given.files, read_many),
        Assault("identities", "tries to pass for another machine", given.identities, pass_for_another),
    ]
    found = [one.run(given.seed) for one in assaults]
    if given.page is not None:
        page.put(given.page, "bench.fuzz", table(assaults, found))
    figures: dict[str, float] = {one.name: one.count for one in assaults}
    figures["crashes"] = sum(seen.crashes for seen in found)
    figures["hangs"] = sum(seen.hangs for seen in found)
    figures["growth_mb"] = round(max(seen.growth for seen in found) / 1e6, 1)
    return bounds.conclude(figures, BOUNDS, given)


if __name__ == "__main__":
    sys.exit(main())
