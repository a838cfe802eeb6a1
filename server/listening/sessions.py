"""Who is connected: each session, the way back to it on either socket, and what is on its way there."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import zmq

from server.wire import frames
from server.wire.codec import TooLongError
from server.wire.errors import Code, OverpaintError
from server.wire.frames import Buffer
from server.wire.messages import Channel, Message

from .backlog import MOST_BYTES, Backlog
from .listener import Listener
from .peers import Peer

log = logging.getLogger(__name__)

_ATTENTIVE_S = 3.0


class Route(NamedTuple):
    """A client's way back, and what it is known by: the listener; on its socket the routing id, which anybody may
    choose; the connection's descriptor and number (``Connections``); the CURVE key that it came in with."""

    listener: Listener
    id: bytes
    descriptor: int
    number: int
    key: str

    def is_of_one_party_with(self, other: Route) -> bool:
        return self.listener is other.listener and self.key == other.key


@dataclass
class PeerSession:
    """One session. heard, probed: when something last came, and when it was last sent something to see if it lives."""

    peer: Peer
    routes: dict[Channel, Route] = field(default_factory=dict)
    backlog: Backlog = field(default_factory=Backlog)
    heard: float = 0.0
    probed: float = 0.0

    @property
    def reads(self) -> bool:
        """Whether pictures for the eye only are worth sending: none wait already, and it has spoken lately."""
        return self.backlog.nbytes == 0 and time.monotonic() - self.heard < _ATTENTIVE_S

    def send(self, channel: Channel, message: Message, payload: Buffer | None = None) -> bool:
        """False when there is no way, or it does not read what was sent already."""
        route = self.routes.get(channel)
        if route is None or (payload is not None and self.backlog.nbytes >= MOST_BYTES):
            return False
        return send(channel, route, message, payload, self.backlog)


class PeerSessions:
    def __init__(self) -> None:
        self._by_session: dict[str, PeerSession] = {}
        self._by_route: dict[tuple[Listener, Channel, bytes], PeerSession] = {}
        self._guests: dict[str, PeerSession] = {}

    def __len__(self) -> int:
        return len(self._by_session)

    def __iter__(self) -> Iterator[PeerSession]:
        """Over those there are now: they may leave meanwhile."""
        return iter(list(self._by_session.values()))

    @property
    def of_guests(self) -> list[PeerSession]:
        return list(self._guests.values())

    def of(self, peer: Peer) -> PeerSession | None:
        return self._by_session.get(peer.session)

    def at(self, channel: Channel, route: Route) -> PeerSession | None:
        """The session of that very connection. Another one that came under its routing id is not taken for it."""
        line = self._by_route.get((route.listener, channel, route.id))
        return line if line is not None and line.routes[channel] == route else None

    def displaced(self, channel: Channel, route: Route) -> PeerSession | None:
        """The session of another connection that had this routing id before. No two have one at the same time: that one
        has ended."""
        line = self._by_route.get((route.listener, channel, route.id))
        return line if line is not None and line.routes[channel] != route else None

    def join(self, channel: Channel, route: Route, peer: Peer) -> None:
        """``peer`` has said hello there. Raises bad-request for a session that is somebody else's, or elsewhere, and
        for a second hello: each is answered with all that is installed."""
        line = self._by_session.get(peer.session) or PeerSession(peer)
        taken = self.at(channel, route) or line
        strange = line.peer != peer or not all(route.is_of_one_party_with(other) for other in line.routes.values())
        if strange or taken is not line or channel in line.routes:
            raise OverpaintError(Code.BAD_REQUEST, "This session is already open, here or elsewhere.")
        line.routes[channel] = route
        line.heard = time.monotonic()
        self._by_session[peer.session] = line
        if peer.guest:
            self._guests[peer.session] = line
        self._by_route[route.listener, channel, route.id] = line
        route.listener.connections[channel].greet(route.descriptor)

    def leave(self, line: PeerSession, cut: bool) -> bool:
        """Whether it was there. cut: what waits to be sent to it is thrown away with its connections."""
        if self._by_session.pop(line.peer.session, None) is None:
            return False
        self._guests.pop(line.peer.session, None)
        for channel, route in line.routes.items():
            self._by_route.pop((route.listener, channel, route.id), None)
            connections = route.listener.connections[channel]
            if cut:
                connections.cut(route.descriptor, route.number)
            else:
                connections.forget(route.descriptor, route.number)
        return True


def send(
    channel: Channel, route: Route, message: Message, payload: Buffer | None = None, backlog: Backlog | None = None
) -> bool:
    """Now, or never: False when that connection has ended (a routing id may be another's by now), when nothing more
    fits, or when the message does not fit into its frame. ``backlog`` counts what is on its way."""
    if not route.listener.connections[channel].has(route.descriptor, route.number):
        return False
    try:
        tracker = frames.send(route.listener.sockets[channel], message, payload, to=route.id)
    except zmq.ZMQError as error:
        if error.errno not in (zmq.EAGAIN, zmq.EHOSTUNREACH):
            raise
        return False
    except TooLongError as error:  # a fault of ours, and no more than this session's end
        log.error("%s", error)
        return False
    if backlog is not None and payload is not None:
        backlog.add(tracker, len(payload))
    return True
