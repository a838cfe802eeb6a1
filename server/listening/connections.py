"""How many are connected to one server socket, and the means to cut a connection: ZeroMQ has neither for a ROUTER.

A connection is known by its file descriptor, which the socket's monitor tells when it is accepted and when it ends, and
which each message carries. Descriptors are used again, so each connection has a number besides, and numbers are not.
Shutting a descriptor down is to libzmq as if the peer had hung up, and frees all that was held for it.
"""

from __future__ import annotations

import contextlib
import math
import socket as system
import struct
import time

import zmq

from server.wire.sockets import Context, Socket, readable

UNGREETED_S = 10.0
"""A connection without a session is cut after so long."""


class Connections:
    """most: connections at once; further ones are cut as they come, those that are there stay."""

    def __init__(self, context: Context, socket: Socket, most: int, patience: float = UNGREETED_S) -> None:
        self._socket = socket
        self._most = most
        self._patience = patience
        self._here: dict[int, int] = {}
        self._last: dict[int, int] = {}
        """By descriptor, the number of the connection that has it, and of the last one that had it."""
        self._strangers: dict[int, float] = {}
        """Descriptors of those without a session, and since when; oldest first."""
        self._arrivals = 0
        place = f"inproc://connections-{id(self)}"
        socket.monitor(place, zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED)
        self.monitor = context.socket(zmq.PAIR)
        self.monitor.setsockopt(zmq.LINGER, 0)
        self.monitor.setsockopt(zmq.RCVHWM, 0)  # an event lost would be a place taken for ever
        self.monitor.connect(place)

    def update(self) -> None:
        """Reads who came and went, and cuts whom there is no place for or who never said hello."""
        self._read()
        for one in list(reversed(self._strangers))[: max(0, len(self._here) - self._most)]:
            self._cut(one)
        now = time.monotonic()
        for one, since in list(self._strangers.items()):
            if now - since <= self._patience:
                return
            self._cut(one)

    def number(self, descriptor: int) -> int:
        """Of the connection from which a message with this descriptor came, be it that it has ended since; 0 where this
        system does not say which connection it is."""
        self._read()  # its arrival, which may have come in after the last look, and would make it another one
        return self._last.get(descriptor, 0)

    def greet(self, descriptor: int) -> None:
        """The connection has a session."""
        if descriptor < 0:  # this system does not say which one it is: then none is cut for its silence
            self._patience = math.inf
        self._strangers.pop(descriptor, None)

    def has(self, descriptor: int, number: int) -> bool:
        """Whether that connection is still there."""
        self._read()
        return number == 0 or self._here.get(descriptor) == number

    def forget(self, descriptor: int, number: int) -> None:
        """Its session is over: it has to say hello again, or is cut."""
        if number and self.has(descriptor, number):
            self._strangers[descriptor] = time.monotonic()

    def cut(self, descriptor: int, number: int) -> None:
        """Ends the connection, if it still is one."""
        if number and self.has(descriptor, number):
            self._cut(descriptor)

    def close(self) -> None:
        self._socket.disable_monitor()
        self.monitor.close()

    def _read(self) -> None:
        while readable(self.monitor):
            event, descriptor = struct.unpack("=HI", self.monitor.recv_multipart(zmq.NOBLOCK)[0])
            self._here.pop(descriptor, None)
            self._strangers.pop(descriptor, None)
            if event == zmq.EVENT_ACCEPTED:
                self._arrivals += 1
                self._here[descriptor] = self._last[descriptor] = self._arrivals
                self._strangers[descriptor] = time.monotonic()

    def _cut(self, descriptor: int) -> None:
        del self._here[descriptor]
        self._strangers.pop(descriptor, None)
        with contextlib.suppress(OSError):  # it has just ended by itself
            connection = system.socket(fileno=descriptor)
            try:
                connection.shutdown(system.SHUT_RDWR)
            finally:
                connection.detach()  # libzmq closes it
