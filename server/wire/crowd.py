"""How many are connected to one server socket, and the means to cut a connection: ZeroMQ has neither for a ROUTER.

A connection is known by its file descriptor, which the socket's monitor tells when it is accepted and when it ends, and
which each message carries. Shutting that descriptor down is to libzmq as if the peer had hung up, and frees all that
was held for it.
"""

from __future__ import annotations

import contextlib
import math
import socket as system
import struct
import time

import zmq

from .sockets import Context, Socket, readable

UNGREETED_S = 10.0
"""A connection without a session is cut after so long."""


class Crowd:
    """most: connections at once; further ones are cut as they come, those that are there stay."""

    def __init__(self, context: Context, socket: Socket, most: int, patience: float = UNGREETED_S) -> None:
        self._socket = socket
        self._most = most
        self._patience = patience
        self._since: dict[int, float] = {}
        self._number: dict[int, int] = {}
        self._arrivals = 0
        self._greeted: set[int] = set()
        place = f"inproc://crowd-{id(self)}"
        socket.monitor(place, zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED)
        self.monitor = context.socket(zmq.PAIR)
        self.monitor.setsockopt(zmq.LINGER, 0)
        self.monitor.setsockopt(zmq.RCVHWM, 0)  # an event lost would be a place taken for ever
        self.monitor.connect(place)

    def update(self) -> None:
        """Reads who came and went, and cuts whom there is no place for or who never said hello."""
        self._read()
        now = time.monotonic()
        strangers = [one for one in self._since if one not in self._greeted]
        too_many = len(self._since) - self._most
        for number, one in enumerate(reversed(strangers)):
            if number < too_many or now - self._since[one] > self._patience:
                self._cut(one)

    def greet(self, descriptor: int) -> int:
        """The connection has a session. Returns its number: descriptors are used again, numbers are not."""
        if descriptor < 0:  # this system does not say which connection it is: then none is cut for its silence
            self._patience = math.inf
        self._read()  # its arrival, which may have come in after the last look and would count as another's
        self._greeted.add(descriptor)
        return self._number.get(descriptor, 0)

    def forget(self, descriptor: int, number: int) -> None:
        """Its session is over: it has to say hello again, or is cut."""
        if self._is_here(descriptor, number):
            self._greeted.discard(descriptor)
            self._since[descriptor] = time.monotonic()

    def cut(self, descriptor: int, number: int | None = None) -> None:
        """Ends the connection, if it still is one; without a ``number`` whichever has this descriptor now."""
        if self._is_here(descriptor, number):
            self._cut(descriptor)

    def close(self) -> None:
        self._socket.disable_monitor()
        self.monitor.close()

    def _is_here(self, descriptor: int, number: int | None) -> bool:
        self._read()
        return descriptor in self._since and number in (None, self._number[descriptor])

    def _read(self) -> None:
        while readable(self.monitor):
            event, descriptor = struct.unpack("=HI", self.monitor.recv_multipart(zmq.NOBLOCK)[0])
            self._greeted.discard(descriptor)
            self._since.pop(descriptor, None)
            self._number.pop(descriptor, None)
            if event == zmq.EVENT_ACCEPTED:
                self._arrivals += 1
                self._since[descriptor], self._number[descriptor] = time.monotonic(), self._arrivals

    def _cut(self, descriptor: int) -> None:
        del self._since[descriptor], self._number[descriptor]
        self._greeted.discard(descriptor)
        with contextlib.suppress(OSError):  # it has just ended by itself
            connection = system.socket(fileno=descriptor)
            try:
                connection.shutdown(system.SHUT_RDWR)
            finally:
                connection.detach()  # libzmq closes it
