"""A server that lies, floods and stammers: the host hears of it as a lost server or a failed edit, and lives on."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zmq

from bench.fuzz.frames import EVIL, SEEDS, mutated, payload
from server.client import events
from server.client.session import Session
from server.wire import codec, frames, sockets
from server.wire import messages as wire
from server.wire.connection import ConnectionFile
from server.wire.errors import Code
from server.wire.geometry import Bounds
from server.wire.messages import Channel
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe
from server.wire.results import ResultBlob, ResultKind
from tests.running import submission, until

WELCOME = wire.Welcome(wire.PROTOCOL_MAJOR, 0, "s", "CPU", (), (), wire.Limits())


class Liar:
    """Two real sockets that welcome one host and then say whatever they are told to."""

    def __init__(self, home: Path) -> None:
        self._context = sockets.new_context()
        self.sockets = {channel: sockets.server_socket(self._context, None, channel) for channel in Channel}
        for channel, socket in self.sockets.items():
            socket.setsockopt(zmq.ROUTER_MANDATORY, 0)
            socket.bind(f"ipc://{home}/{channel.value}")
        self.connection = ConnectionFile(1, 0, 0, f"ipc://{home}/data", f"ipc://{home}/control")
        self._host: dict[Channel, bytes] = {}

    def answer(self) -> None:
        for channel, socket in self.sockets.items():
            while (raw := frames.receive(socket, routed=True)) is not None:
                self._host[channel] = raw.sender
                if isinstance(raw.message(), wire.Hello):
                    self.say(codec.encode(WELCOME), channel=channel)

    def say(self, *parts: bytes, channel: Channel = Channel.DATA) -> None:
        self.sockets[channel].send_multipart([self._host[channel], *parts], zmq.NOBLOCK)

    def close(self) -> None:
        self._context.destroy(linger=0)


@pytest.fixture
def liar(home: Path) -> Iterator[Liar]:
    liar = Liar(home)
    yield liar
    liar.close()


class Host:
    """A session with one edit under way."""

    def __init__(self, liar: Liar) -> None:
        self.liar = liar
        self.session = Session(liar.connection, "me", "tests")
        self.heard: list[events.Event] = []
        self.job = submission()
        until(lambda: self.listen() or self.session.welcome is not None, "the welcome")
        self.session.start(self.job)
        until(lambda: self.listen() or Channel.DATA in liar._host, "the edit")

    def listen(self) -> None:
        self.liar.answer()
        began = time.thread_time()
        self.heard += self.session.poll()
        assert time.thread_time() - began < 0.5

    def hears(self, *kinds: type) -> Any:
        until(lambda: self.listen() or any(isinstance(event, kinds) for event in self.heard), str(kinds))
        return next(event for event in self.heard if isinstance(event, kinds))


@pytest.fixture
def host(liar: Liar) -> Iterator[Host]:
    host = Host(liar)
    yield host
    host.session.close()


LAYER = Raster(Bounds(0, 0, 8, 8), Channels.RGBA, Depth.U8)


def finished(host: Host, raster: Raster, count: int = 1) -> bytes:
    layers = tuple(ResultBlob(ResultKind.REPAINT, f"result-{number}", raster, 1) for number in range(count))
    return codec.encode(wire.Finished(host.job.job, Recipe("erase"), raster.bounds, layers))


@pytest.mark.parametrize(
    "bounds",
    [
        Bounds(0, 0, 1 << 40, 1),
        Bounds(0, 0, -8, -8),
        Bounds(0, 0, 0, 8),
        Bounds(1 << 40, 0, 8, 8),
        Bounds(0, -(1 << 62), 8, 8),
        Bounds(0, 0, 60_000, 60_000),
    ],
)
def test_an_answer_that_cannot_be_is_a_failed_edit(host: Host, bounds: Bounds):
    host.liar.say(finished(host, replace(LAYER, bounds=bounds)))
    assert host.hears(events.EditFailed).error.code is Code.INTERNAL
    assert host.session.lost is None


def test_an_answer_too_large_for_this_machine_is_a_failed_edit(host: Host, monkeypatch: pytest.MonkeyPatch):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, before[1]))
    try:
        host.liar.say(finished(host, replace(LAYER, bounds=Bounds(0, 0, 32_000, 32_000)), 2))
        assert host.hears(events.EditFailed).error.code is Code.OUT_OF_MEMORY
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_numbers_that_a_bar_cannot_show_are_brought_into_range(host: Host):
    host.liar.say(codec.encode(wire.Progress(host.job.job, "\x1b[2J" + "x" * 9000, 1 << 60, -5, -1e300)))
    host.liar.say(codec.encode(wire.Queued(host.job.job, -(1 << 60))))
    assert host.hears(events.Queued).place == 0
    heard = host.hears(events.Progressed)
    assert (heard.step, heard.of, heard.seconds_left, heard.preview) == (0, 0, None, None)
    assert heard.stage.isprintable()
    assert len(heard.stage) <= 2000


def test_words_of_a_failure_are_plain_and_of_a_dialogs_length(host: Host):
    host.liar.say(codec.encode(wire.Failed(host.job.job, Code.INTERNAL, "a\x1b[2J\u202eb" * 2000, "c\n" * 9000)))
    error = host.hears(events.EditFailed).error
    assert (error.sentence + error.hint).isprintable()
    assert max(len(error.sentence), len(error.hint)) <= 2000


def test_a_second_welcome_changes_nothing(host: Host):
    for channel in Channel:
        host.liar.say(codec.encode(replace(WELCOME, server="another")), channel=channel)
    host.liar.say(codec.encode(wire.Queued(host.job.job, 3)))
    host.hears(events.Queued)
    assert host.session.welcome == WELCOME
    assert sum(isinstance(event, events.Welcomed) for event in host.heard) == 1


def test_a_welcome_as_long_as_they_can_be_is_read(liar: Liar, monkeypatch: pytest.MonkeyPatch):
    models = tuple(wire.ModelOffer(f"m{number}", "T" * 500, "sd15", "", "", 1.0) for number in range(1500))
    monkeypatch.setattr("tests.client.test_hostile.WELCOME", replace(WELCOME, models=models))
    session = Session(liar.connection, "me", "tests")
    until(lambda: liar.answer() or session.poll() is None or session.welcome is not None, "the welcome")
    assert session.welcome is not None
    assert len(session.welcome.models) == 1500
    session.close()


def test_a_flood_of_messages_leaves_the_host_its_time(host: Host):
    pong = codec.encode(wire.Pong(1))
    for _ in range(50):
        for _ in range(200):
            host.liar.say(pong, channel=Channel.CONTROL)
        host.listen()
    assert host.session.lost is None


@pytest.mark.parametrize("header", [b"", b"[", b"[" * 60_000, b"{}", b"\xff" * 100, b"1" * 60_000, bytes(60_000)])
def test_what_is_no_message_is_a_lost_server(host: Host, header: bytes):
    host.liar.say(header)
    assert host.hears(events.ServerLost).error.sentence


@pytest.mark.parametrize("seed", range(4))
def test_nothing_that_a_server_says_raises_in_the_host(liar: Liar, seed: int):
    rng = random.Random(seed)
    host = Host(liar)
    for _ in range(150):
        job = host.job.job.encode()
        data = payload(rng)
        parts = [mutated(rng).replace(b"0123456789abcdef" * 2, job), *([] if data is None else [data[:4096]])]
        liar.say(*parts, channel=rng.choice(list(Channel)))
        host.listen()
        if host.session.lost is not None:
            host.session.close()
            host = Host(liar)
    host.session.close()


@pytest.mark.parametrize("message", SEEDS, ids=lambda message: type(message).__name__)
def test_no_field_of_any_message_raises_in_the_host(liar: Liar, message: wire.Message):
    host = Host(liar)
    fields = json.loads(codec.encode(message))
    for name in [name for name in fields if name != "type"]:
        for evil in EVIL:
            said = {**fields, **({"job": host.job.job} if "job" in fields else {}), name: evil}
            beside = [b"x" * 768] if frames.has_payload(message) else []
            liar.say(json.dumps(said).encode(), *beside)
            host.listen()
            if host.session.lost is not None:
                host.session.close()
                host = Host(liar)
    host.session.close()
