"""A client that sends and hears message by message."""

from __future__ import annotations

import secrets
import time
from typing import Any

import zmq

from server.client.submission import Submission
from server.wire import frames, sockets
from server.wire import messages as wire
from tests.running import PATIENCE, RunningServer, until


class Bare:
    """A client without manners: it sends what it is told."""

    def __init__(self, server: RunningServer, client: str) -> None:
        self._context: zmq.Context[Any] = zmq.Context()
        self._data = sockets.client_socket(self._context, None, None)
        self._data.connect(server.connection.data)
        self._data.setsockopt(zmq.RCVTIMEO, round(PATIENCE * 1000))
        self._data.setsockopt(zmq.SNDTIMEO, round(PATIENCE * 1000))
        hello = wire.Hello(wire.PROTOCOL_MAJOR, 0, client, secrets.token_hex(8), wire.Channel.DATA)
        self._data.poll(1000, zmq.POLLOUT)
        self.tell(hello)
        self.hear(wire.Welcome)

    def tell(self, message: wire.Message, payload: bytes | None = None) -> None:
        frames.send(self._data, message, payload)

    def hear(self, *kinds: type) -> Any:
        """The next message of one of ``kinds``; a failure that is none of them fails the test."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self._data.poll(200)
            raw = frames.receive(self._data, routed=False)
            message = raw.message() if raw is not None else None
            if isinstance(message, kinds):
                self.payload = raw.payload if raw is not None else None
                return message
            if isinstance(message, wire.Failed):
                raise AssertionError(message)
        raise AssertionError(f"none of {[kind.__name__ for kind in kinds]}")

    def hear_all(self, kinds: type | tuple[type, ...], count: int) -> list[Any]:
        """The next ``count`` messages of ``kinds``; others are passed over."""
        heard: list[Any] = []
        until(lambda: heard.extend(self._here(kinds)) or len(heard) >= count, f"{count} answers")
        return heard

    def waiting(self, kind: type) -> int:
        """How many of ``kind`` have come; they are heard with that."""
        return len(self._here(kind))

    def _here(self, kinds: type | tuple[type, ...]) -> list[Any]:
        raws = iter(lambda: frames.receive(self._data, routed=False), None)
        return [message for raw in raws if isinstance(message := raw.message(), kinds)]

    def failure(self, message: wire.Message, payload: bytes | None = None) -> wire.Failed:
        self.tell(message, payload)
        failed = self.hear(wire.Failed)
        assert isinstance(failed, wire.Failed)
        assert failed.sentence
        return failed

    def begin(self, job: Submission) -> None:
        """Submits it and sends its pixels, which have to fit into the first credit."""
        self.tell(job.message())
        self.hear(wire.Accepted)
        self.upload(job)

    def fetch(self, job: str, blob: str, nbytes: int) -> bytes:
        """All of a blob of an answer."""
        self.tell(wire.Fetch(job, blob))
        data = b""
        while len(data) < nbytes:
            self.hear(wire.Chunk)
            data += bytes(self.payload)
        return data

    def upload(self, job: Submission, **begin: int) -> None:
        """Each blob in one chunk, from the offset in ``begin`` on."""
        for part in job.parts():
            offset = begin.get(part.name, 0)
            data = bytes(part.store.read(offset, part.nbytes))
            if data:
                self.tell(wire.Chunk(job.job, part.name, offset), data)

    def close(self) -> None:
        self._context.destroy(linger=0)
