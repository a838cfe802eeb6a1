"""Two machines that were let in at one gateway: one tries in every way to pass for the other, and must get nothing."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator

import zmq

from server.listening import authorized
from server.wire import frames, keys, sockets
from server.wire import messages as wire
from server.wire.errors import OverpaintError
from server.wire.messages import Channel
from server.wire.sockets import KeyPair
from tests.cli.test_guests import free_port
from tests.conftest import short_folder
from tests.running import PONDERING, RunningServer, submission

_ANSWER_S = 5.0
_HEARS_S = 0.3


class Machine:
    """Both sockets of one that was let in, under a routing id and a session of its choice."""

    def __init__(self, ends: tuple[str, str], pair: KeyPair, server: str, name: bytes, session: str) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.session = session
        self.sockets = {}
        for channel, end in zip((Channel.DATA, Channel.CONTROL), ends, strict=True):
            socket = sockets.client_socket(self._context, pair, server)
            socket.setsockopt(zmq.ROUTING_ID, name)
            socket.connect(end)
            socket.poll(round(_ANSWER_S * 1000), zmq.POLLOUT)
            self.sockets[channel] = socket

    def greet(self) -> None:
        for channel in Channel:
            self.tell(wire.Hello(wire.PROTOCOL_MAJOR, 0, "same", self.session, channel), channel=channel)

    def tell(self, message: wire.Message, payload: bytes | None = None, channel: Channel = Channel.DATA) -> None:
        with contextlib.suppress(zmq.Again):
            frames.send(self.sockets[channel], message, payload)

    def hears(self, seconds: float, *until: type) -> Iterator[wire.Message]:
        """What comes within that time, or until one of these has come."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for socket in self.sockets.values():
                socket.poll(5)
                while (raw := frames.receive(socket, routed=False)) is not None:
                    message = raw.message()
                    yield message
                    if isinstance(message, until):
                        return

    def close(self) -> None:
        self._context.destroy(linger=0)


def breaches(count: int, seed: int) -> Iterator[str]:
    """What one machine got of the other's, in ``count`` tries."""
    rng = random.Random(seed)
    with short_folder() as home:
        port = free_port()
        server = RunningServer(home, "--listen", f"127.0.0.1:{port}", environment=PONDERING)
        ends = (f"tcp://127.0.0.1:{port}", f"tcp://127.0.0.1:{port + 1}")
        owner, thief = keys.new_pair(), keys.new_pair()
        authorized.let_in(home, "owner", owner.public)
        authorized.let_in(home, "thief", thief.public)
        public = keys.server_keys(home).public
        job = _finished_job(ends, owner, public)
        for number in range(count):
            name = rng.randbytes(8)
            first = Machine(ends, owner, public, name, f"o{number}")
            first.greet()
            first.tell(wire.ListJobs())
            if not any(isinstance(said, wire.Jobs) for said in first.hears(_ANSWER_S, wire.Jobs)):
                yield f"try {number}: the owner itself was not served"
            if leaves := rng.random() < 0.8:
                first.close()
            second = Machine(ends, thief, public, name, rng.choice((f"o{number}", f"t{number}")))
            if rng.random() < 0.5:
                second.greet()
            for _ in range(rng.randrange(1, 4)):
                message, payload, channel = _theft(job, rng)
                second.tell(message, payload, channel)
            yield from (f"try {number}: {type(said).__name__}" for said in _heard(second) if _is_the_owners(said, job))
            second.close()
            if not leaves:
                first.close()
        last = Machine(ends, owner, public, b"last", "last")
        last.greet()
        last.tell(wire.Fetch(job, "result-0"))
        if not any(isinstance(said, wire.Chunk) for said in last.hears(_ANSWER_S, wire.Chunk)):
            yield "the owner's answer is gone"
        last.close()
        if server.process.poll() is not None:
            yield f"the gateway ended: {server.log()[-1000:]}"
        server.stop()


def _finished_job(ends: tuple[str, str], pair: KeyPair, public: str) -> str:
    machine = Machine(ends, pair, public, b"first", "first")
    machine.greet()
    edit = submission("muse", steps=1)
    machine.tell(edit.message())
    assert any(isinstance(said, wire.Accepted) for said in machine.hears(60.0, wire.Accepted)), "nothing was accepted"
    for part in edit.parts():
        machine.tell(wire.Chunk(edit.job, part.name, 0), bytes(part.store.read(0, part.nbytes)))
    assert any(isinstance(said, wire.Finished) for said in machine.hears(60.0, wire.Finished)), "no answer to steal"
    machine.close()
    return edit.job


def _theft(job: str, rng: random.Random) -> tuple[wire.Message, bytes | None, Channel]:
    tries: list[tuple[wire.Message, bytes | None, Channel]] = [
        (wire.ListJobs(), None, Channel.DATA),
        (wire.Fetch(job, "result-0"), None, Channel.DATA),
        (wire.Attach(job), None, Channel.DATA),
        (wire.Acknowledge(job), None, Channel.DATA),
        (wire.Credit(job, 8), None, Channel.DATA),
        (wire.Chunk(job, "layer", 0), b"evil", Channel.DATA),
        (wire.Cancel(job), None, Channel.CONTROL),
        (wire.Skip(job), None, Channel.CONTROL),
        (wire.Ping(7), None, Channel.CONTROL),
    ]
    return rng.choice(tries)


def _heard(machine: Machine) -> list[wire.Message]:
    heard: list[wire.Message] = []
    with contextlib.suppress(OverpaintError):
        heard.extend(machine.hears(_HEARS_S))
    return heard


def _is_the_owners(said: wire.Message, job: str) -> bool:
    if isinstance(said, wire.Jobs):
        return any(line.job == job for line in said.jobs)
    return isinstance(said, (wire.Chunk, wire.Finished, wire.Progress, wire.Queued))
