"""One message on a socket: a header frame, and for pixels a second frame of raw bytes."""

from __future__ import annotations

from typing import NamedTuple

import zmq

from . import codec
from .errors import Code, OverpaintError
from .messages import CHUNK_BYTES, Chunk, Message, Progress
from .sockets import Socket

Buffer = bytes | bytearray | memoryview

_ZERO_COPY_BYTES = 64 << 10

_COUNTED, _AT_ONCE = 4, 1000
"""Frames too many: as many are counted, and passed over in one go."""


class Frames(NamedTuple):
    """One raw message: who sent it (empty on a client's socket), the header, the bytes beside it, frames too many.
    Of its connection: the CURVE key that it was let in with (empty where none is asked for), the file descriptor."""

    sender: bytes
    header: bytes
    payload: memoryview | None
    surplus: int
    key: str = ""
    descriptor: int = -1

    def message(self) -> Message:
        """The typed message; raises ``OverpaintError`` (bad-request)."""
        most = codec.MAX_HEADER_BYTES if self.sender else codec.MAX_WELCOME_BYTES
        message = codec.decode(self.header, most)
        if self.surplus or (self.payload is not None) != has_payload(message):
            raise OverpaintError(Code.BAD_REQUEST, "A message came with too many or too few frames.")
        if self.payload is not None and not 0 < self.payload.nbytes <= CHUNK_BYTES:
            raise OverpaintError(Code.BAD_REQUEST, "A block of pixels came empty or too long.")
        return message


def has_payload(message: Message) -> bool:
    return isinstance(message, Chunk) or (isinstance(message, Progress) and message.preview_width > 0)


def send(
    socket: Socket, message: Message, payload: Buffer | None = None, to: bytes | None = None
) -> zmq.MessageTracker | None:
    """Sends at once or raises ``zmq.Again`` (the queue is full, nobody is connected) or, to a peer that is gone,
    ``zmq.ZMQError`` (host unreachable). ``payload`` must stay unchanged until it has left: it is not copied.
    Returns how to know that, for a payload of some size."""
    header = codec.encode(message)
    if to is not None:
        socket.send(to, zmq.SNDMORE | zmq.NOBLOCK)
    if payload is None:
        socket.send(header, zmq.NOBLOCK)
        return None
    socket.send(header, zmq.SNDMORE | zmq.NOBLOCK)
    if len(payload) < _ZERO_COPY_BYTES:
        socket.send(payload, zmq.NOBLOCK)
        return None
    return socket.send(payload, zmq.NOBLOCK, copy=False, track=to is not None)


def receive(socket: Socket, routed: bool) -> Frames | None:
    """The next message, or None when none waits. Large frames are handed out in place, not copied.

    Of a message of a million frames, those that are too many are passed over some at a time: None until that is done.
    """
    if socket.rcvmore and not _passed_over(socket):
        return None
    try:
        first = socket.recv(zmq.NOBLOCK, copy=False)
    except zmq.Again:
        return None
    sender = first.bytes if routed else b""
    header = (socket.recv() if socket.rcvmore else b"") if routed else first.bytes
    payload = socket.recv(copy=False).buffer if socket.rcvmore else None
    surplus = 0
    while socket.rcvmore and surplus < _COUNTED:
        socket.recv()
        surplus += 1
    if not routed:
        return Frames(sender, header, payload, surplus)
    return Frames(sender, header, payload, surplus, _note(first, "User-Id"), int(_note(first, "__fd") or -1))


def _passed_over(socket: Socket) -> bool:
    """Whether nothing is left of the message that is being received."""
    for _ in range(_AT_ONCE):
        socket.recv()
        if not socket.rcvmore:
            return True
    return False


def _note(frame: zmq.Frame, name: str) -> str:
    """What libzmq knows of the connection; as ``User-Id`` what the door said whose it is (``keys.ZapHandler``)."""
    try:
        return str(frame.get(name))
    except zmq.ZMQError:
        return ""
