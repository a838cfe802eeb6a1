"""Making the two kinds of socket, with the options that ZeroMQ's defaults get wrong for us.

No end sends ZMTP heartbeats: libzmq 4.3.5 ends the whole process (``!_io_error``) when one falls due, or is answered,
on a connection that broke while its queue of incoming messages was full. Our own pings do what they would.
"""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass

import zmq

from .messages import CHUNK_BYTES, Channel

Context = zmq.Context[zmq.Socket[bytes]]
Socket = zmq.Socket[bytes]

PLAIN_TCP = False
"""Only bench.roundtrip sets it, in its own two processes, to measure what CURVE costs. No product code does."""

_HANDSHAKE_MS = 3000
_ENVELOPE_BYTES = 4096
"""Room in a frame beyond the chunk itself: CURVE adds a nonce and an authenticator to what MAXMSGSIZE counts."""

_CONTROL_BYTES = 8 << 10
"""Nobody sends more there than a greeting or a job's name."""

_SERVER_QUEUE = 16
"""Messages the server lets wait unread per client: twice the credit window, so that a client which ignores
its credit is stopped by the socket and not by the server's memory."""

_ROUTING_ID_BYTES = 16

_OUTGOING_QUEUE = 256
_CLIENT_QUEUE = 256

_REFUSED = zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
_BROKEN_OFF = zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
_GONE = zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED | zmq.EVENT_CONNECT_RETRIED
_ARRIVED = zmq.EVENT_HANDSHAKE_SUCCEEDED


@dataclass(frozen=True)
class KeyPair:
    """A CURVE key pair, each half 40 characters of Z85."""

    public: str
    secret: str


def new_context() -> Context:
    """A context for one end of the protocol.

    glibc's malloc returns the pages of freed memory to the system above a threshold that follows the largest block
    freed so far. Unless one of 31 MiB (the largest that counts is 32) goes before, it does so for every chunk received,
    and fresh pages cost more than the copy: 56 instead of 39 ms for 160 MiB over ipc. The block is never touched.
    """
    bytearray(31 << 20)
    return zmq.Context()


def readable(socket: Socket) -> bool:
    """Whether a message waits. (``zmq.FD`` is edge-triggered: only this tells when a socket is drained.)"""
    return bool(int(socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN)


def server_socket(context: Context, keys: KeyPair | None, channel: Channel = Channel.DATA) -> Socket:
    """A ROUTER that refuses large frames, says when a peer is gone, and with ``keys`` speaks CURVE only."""
    socket = context.socket(zmq.ROUTER)
    _harden(socket)
    if channel is Channel.CONTROL:
        socket.setsockopt(zmq.MAXMSGSIZE, _CONTROL_BYTES)
    socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
    socket.setsockopt(zmq.RCVHWM, _SERVER_QUEUE)
    socket.setsockopt(zmq.SNDHWM, _OUTGOING_QUEUE)
    if keys is not None and not PLAIN_TCP:
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_SECRETKEY, keys.secret.encode())
        socket.setsockopt(zmq.ZAP_DOMAIN, b"overpaint")
    return socket


def client_socket(context: Context, keys: KeyPair | None, server_key: str | None) -> Socket:
    """A DEALER that connects once: a lost server is reported, and found again by its connection file, because
    ZeroMQ's own silent reconnection would lose the message that was half sent. It is known to the server by a name that
    nobody can guess, and so nobody can take it over in the moment in which the connection ends."""
    socket = context.socket(zmq.DEALER)
    _harden(socket)
    socket.setsockopt(zmq.ROUTING_ID, secrets.token_hex(_ROUTING_ID_BYTES).encode())
    socket.setsockopt(zmq.IMMEDIATE, 1)
    socket.setsockopt(zmq.RECONNECT_IVL, -1)
    socket.setsockopt(zmq.RCVHWM, _CLIENT_QUEUE)
    socket.setsockopt(zmq.SNDHWM, _CLIENT_QUEUE)
    if keys is not None and server_key is not None and not PLAIN_TCP:
        socket.setsockopt(zmq.CURVE_PUBLICKEY, keys.public.encode())
        socket.setsockopt(zmq.CURVE_SECRETKEY, keys.secret.encode())
        socket.setsockopt(zmq.CURVE_SERVERKEY, server_key.encode())
    return socket


def connect(socket: Socket, endpoint: str) -> None:
    socket.setsockopt(zmq.IPV6, int("[" in endpoint))
    socket.connect(endpoint)


def _harden(socket: Socket) -> None:
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.MAXMSGSIZE, CHUNK_BYTES + _ENVELOPE_BYTES)
    socket.setsockopt(zmq.HANDSHAKE_IVL, _HANDSHAKE_MS)


class ConnectionMonitor:
    """What ZeroMQ knows of one client connection: its socket says nothing of a refused handshake, its monitor does."""

    def __init__(self, socket: Socket) -> None:
        self.open = False
        self.refused = False
        self.gone = False
        self._socket = socket
        self._keyed = socket.getsockopt(zmq.MECHANISM) == zmq.CURVE
        self.monitor = socket.get_monitor_socket(_REFUSED | _BROKEN_OFF | _GONE | _ARRIVED)
        self.monitor.setsockopt(zmq.LINGER, 0)

    def update(self) -> None:
        """Reads what has happened since the last call; never waits."""
        while readable(self.monitor):
            frames = self.monitor.recv_multipart(zmq.NOBLOCK)
            self._note(struct.unpack("=HI", frames[0])[0])

    def _note(self, event: int) -> None:
        if event & _ARRIVED:
            self.open = True
        # A server with other keys breaks the handshake off without a reason. So does one that is just being ended, but
        # where no keys are asked for there is nothing to refuse.
        if event & _REFUSED or (event & _BROKEN_OFF and self._keyed):
            self.refused = True
        if event & (_GONE | _BROKEN_OFF):
            self.gone = True

    def close(self) -> None:
        """Ends the monitoring; may be called twice."""
        if not self._socket.closed:
            self._socket.disable_monitor()
