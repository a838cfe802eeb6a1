"""The sessions, what an earlier server kept for them, and what is measured of the gateway meanwhile."""

from __future__ import annotations

import os
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import zmq

from bench.crowd.priority import stand_back
from server.client.submission import Mask, Submission
from server.journal import REQUEST, RESULT, Entry
from server.journal.table import Table
from server.wire import codec, frames, sockets
from server.wire import messages as wire
from server.wire.geometry import Bounds
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe
from server.wire.results import ResultBlob, ResultKind
from tests.running import CHECKOUT, RunningServer

WATCHED = CHECKOUT / "tests" / "faults" / "watched"
_SIDE = 48
_UNDER_WAY = 180
"""Edits at once, of all sessions: fewer than the server takes, so that none may be refused."""

_SPEAK_S = 20.0
_LAYER = Raster(Bounds(0, 0, _SIDE, _SIDE), Channels.RGBA, Depth.U8)


@dataclass
class Seen:
    """start_s: until the server answered. longest_step_s: of its loop, without the time in which others ran."""

    jobs: int = 0
    start_s: float = 0.0
    longest_step_s: float = 0.0
    cpu_s: float = 0.0
    errors: list[str] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)


def asked(seed: int) -> Submission:
    mask = bytearray(_SIDE * _SIDE)
    mask[_SIDE * _SIDE // 2] = 255
    recipe = Recipe("instant", seed=seed, feather=0)
    return Submission(recipe, _LAYER, b"\x80" * _LAYER.nbytes, Mask(Depth.U8, bytes(mask)))


class Host:
    """One session, which asks for one edit after the other when it is told to."""

    def __init__(self, context: zmq.Context[Any], endpoint: str, name: str, seen: Seen) -> None:
        self.socket = sockets.client_socket(context, None, None)
        self.socket.connect(endpoint)
        self.socket.poll(5000, zmq.POLLOUT)
        self._seen = seen
        self._job: Submission | None = None
        self.spoke = time.monotonic()
        self._tell(wire.Hello(wire.PROTOCOL_MAJOR, 0, name, secrets.token_hex(8), wire.Channel.DATA))
        self.welcome = False

    @property
    def busy(self) -> bool:
        return self._job is not None

    def ask(self, seed: int) -> None:
        self._job = asked(seed)
        self._tell(self._job.message())

    def say_something(self) -> None:
        self._tell(wire.ListJobs())

    def hear(self) -> None:
        while (raw := frames.receive(self.socket, routed=False)) is not None:
            self._take(raw.message())

    def _take(self, message: wire.Message) -> None:
        job = self._job
        if isinstance(message, wire.Welcome):
            self.welcome = True
        elif isinstance(message, wire.Failed):
            self._seen.errors.append(f"{message.code.value}: {message.sentence}")
            self._job = None
        elif isinstance(message, wire.Accepted) and job is not None:
            for part in job.parts():
                self._tell(wire.Chunk(job.job, part.name, 0), bytes(part.store.read(0, part.nbytes)))
        elif isinstance(message, wire.Finished):
            self._tell(wire.Fetch(message.job, message.results[0].blob))
        elif isinstance(message, wire.Chunk):
            self._tell(wire.Acknowledge(message.job))
        elif isinstance(message, wire.Acknowledged):
            self._job = None
            self._seen.jobs += 1

    def _tell(self, message: wire.Message, payload: bytes | None = None) -> None:
        self.spoke = time.monotonic()
        frames.send(self.socket, message, payload)


def keep(home: Path, count: int, clients: int) -> None:
    """As an earlier server left it: ``count`` answers that nobody has fetched."""
    entries: dict[str, Entry | None] = {}
    (home / "spool").mkdir(mode=0o700)
    for number in range(count):
        job = asked(number)
        name, client = job.job, f"{number % max(1, clients):032x}"
        folder = home / "spool" / name
        folder.mkdir()
        (folder / REQUEST).write_text(codec.to_text(job.message(), client=client))
        (folder / "result-0").write_bytes(bytes(_LAYER.nbytes))
        finished = wire.Finished(
            name, job.recipe, job.layer.bounds, (ResultBlob(ResultKind.REPAINT, "result-0", _LAYER, 1),)
        )
        (folder / RESULT).write_text(codec.to_text(finished))
        entries[name] = Entry.of(job.message(), client, wire.JobState.FINISHED, time.time(), time.time())
    table = Table(home / "journal.sqlite")
    table.write(entries)
    table.close()


def crowd(sessions: int, kept: int, devices: int, seconds: float, rng: random.Random) -> Seen:
    seen = Seen()
    _allow_descriptors()
    with tempfile.TemporaryDirectory(prefix="op-") as name:
        home = Path(name) / "h"
        home.mkdir(mode=0o700)
        keep(home, kept, sessions)
        steps = Path(name) / "steps"
        environment = {
            "PYTHONPATH": os.pathsep.join([str(WATCHED), str(CHECKOUT)]),
            "OVERPAINT_STEPS": str(steps),
            "OVERPAINT_TEST_BUNDLED": "1",
            "OVERPAINT_DEVICES": str(devices),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        began = time.monotonic()
        server = RunningServer(home, environment=environment)
        seen.start_s = time.monotonic() - began
        stand_back()
        try:
            _play(server, sessions, devices, seconds, rng, seen)
        finally:
            server.stop()
        seen.longest_step_s = float(steps.read_text("ascii"))
    return seen


def _play(server: RunningServer, sessions: int, devices: int, seconds: float, rng: random.Random, seen: Seen) -> None:
    gateway = psutil.Process(server.process.pid)
    context: zmq.Context[Any] = zmq.Context()
    context.set(zmq.MAX_SOCKETS, sessions + 100)
    poller, hosts = zmq.Poller(), {}
    for number in range(sessions):
        host = Host(context, server.connection.data, f"{number:032x}", seen)
        poller.register(host.socket, zmq.POLLIN)
        hosts[host.socket] = host
    try:
        _until_ready(poller, hosts, server, devices)
        before = sum(gateway.cpu_times()[:2])
        for now in _turns(poller, hosts, seconds):
            idle = [host for host in hosts.values() if not host.busy]
            for host in rng.sample(idle, min(len(idle), _UNDER_WAY - (len(hosts) - len(idle)))):
                host.ask(rng.randrange(1 << 16))
            if not seen.memory or now - seen.memory[-1][0] > 0.5:
                seen.memory.append((now, gateway.memory_info().rss))
        for _ in _turns(poller, hosts, 60.0):
            if not any(host.busy for host in hosts.values()):
                break
        seen.errors += ["an edit did not end" for host in hosts.values() if host.busy]
        seen.cpu_s = sum(gateway.cpu_times()[:2]) - before
    finally:
        context.destroy(linger=0)


def _until_ready(poller: zmq.Poller, hosts: dict[Any, Host], server: RunningServer, devices: int) -> None:
    for _ in _turns(poller, hosts, 120.0):
        if all(host.welcome for host in hosts.values()) and len(server.worker_pids()) >= devices:
            return
    raise SystemExit("not all sessions were welcomed, or not all workers started")


def _turns(poller: zmq.Poller, hosts: dict[Any, Host], seconds: float) -> Iterator[float]:
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        for socket, _ in poller.poll(20):
            hosts[socket].hear()
        for host in hosts.values():
            if time.monotonic() - host.spoke > _SPEAK_S:
                host.say_something()
        yield now


def _allow_descriptors() -> None:
    if os.name == "posix":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def growth(memory: list[tuple[float, int]]) -> float:
    """Of the gateway's memory: the last quarter over the second, as medians."""
    quarter = len(memory) // 4
    if not quarter:
        return 0.0
    sizes = [nbytes for _, nbytes in memory]
    return statistics.median(sizes[-quarter:]) / statistics.median(sizes[quarter : 2 * quarter]) - 1
