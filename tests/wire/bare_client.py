"""A client that says what it likes: bare sockets at a server's end that lives in the test."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import zmq

from server.listening.endpoint import Endpoint
from server.listening.peers import Gone, Received
from server.wire import frames, sockets
from server.wire import messages as wire
from server.wire.connection import ConnectionFile
from server.wire.messages import Channel
from server.wire.sockets import KeyPair

PATIENCE_S = 120.0


def welcome() -> wire.Welcome:
    return wire.Welcome(1, 0, "test", "none", (), (), wire.Limits())


class Wire:
    """A bare client: two sockets and what came back on them."""

    def __init__(
        self,
        connection: ConnectionFile,
        endpoint: Endpoint,
        client_keys: KeyPair | None = None,
        routing_id: bytes | None = None,
    ) -> None:
        self._context = sockets.new_context()
        pair = client_keys or connection.client_keys
        self.sockets, self.lines = {}, {}
        for channel, address in ((Channel.DATA, connection.data), (Channel.CONTROL, connection.control)):
            socket = sockets.client_socket(self._context, pair, connection.server_key or None)
            if routing_id is not None:
                socket.setsockopt(zmq.ROUTING_ID, routing_id)
            self.lines[channel] = sockets.ConnectionMonitor(socket)
            socket.connect(address)
            self.sockets[channel] = socket
        self.endpoint = endpoint
        self.events: list[Received | Gone] = []
        self.heard: list[wire.Message] = []

    def settle(self, done: Callable[[], object]) -> None:
        """Runs the server's loop and reads answers until ``done`` holds."""
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end, (self.events, self.heard)
            self.events += self.endpoint.poll(0.01)
            for channel, socket in self.sockets.items():
                self.lines[channel].update()
                while (raw := frames.receive(socket, routed=False)) is not None:
                    self.heard.append(raw.message())

    def connected(self) -> None:
        self.settle(lambda: all(line.open for line in self.lines.values()))

    def greet(self, session: str = "s", major: int = wire.PROTOCOL_MAJOR) -> None:
        self.connected()
        for channel in Channel:
            frames.send(self.sockets[channel], wire.Hello(major, 0, "me", session, channel, "test"))
        self.settle(lambda: len(self.heard) >= 2)

    def close(self) -> None:
        for line in self.lines.values():
            line.close()
        self._context.destroy(linger=0)


@contextlib.contextmanager
def bare(endpoint: Endpoint, client_keys: KeyPair | None = None) -> Iterator[Wire]:
    client = Wire(endpoint.connection, endpoint, client_keys)
    try:
        yield client
    finally:
        client.close()


def failures(client: Wire) -> list[wire.Failed]:
    return [message for message in client.heard if isinstance(message, wire.Failed)]
