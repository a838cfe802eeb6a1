"""The server's end: both sockets, who is connected, and a loop step that hands typed messages to the gateway.

The gateway sees sessions and messages. Frames, versions, greetings, heartbeats, keys and vanished peers stay here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import zmq

from server.wire import connection, frames, keys, sockets
from server.wire.address import Address, remember
from server.wire.connection import ConnectionFile, Transport
from server.wire.errors import Code, OverpaintError
from server.wire.frames import Buffer, Frames
from server.wire.messages import Cancelled, Channel, Failed, Hello, Message, Ping, Pong, Progress, Welcome
from server.wire.sockets import Socket

from . import descriptors, direction
from .authorized import AuthorizedKeys
from .life import LifeWatch
from .listener import Listener, wants_ipc
from .peers import Gone, Peer, Received, TurnedOut, greeted
from .sessions import PeerSession, PeerSessions, Route, send

log = logging.getLogger(__name__)

SILENT_AFTER_S = 120.0
"""A session from which nothing came for so long is over: far longer than a host stands still that writes a large layer.
(One that has vanished, over whatever transport, is found by the next probe.)"""

MOST_SESSIONS = 1024
"""Of this user's own hosts; fewer where the system gives this process few descriptors (``descriptors.shared``)."""

_MOST_VISITS = 256
"""Connections of other machines at each port; the same holds for them."""

MOST_OF_ONE = 64
"""Sessions of one machine that was let in, whatever its hosts are called."""

_KEEP_S = 0.5
"""How often is seen to what others may have removed."""

_CONTROL_BATCH = 8
_DATA_BATCH = 4
"""Messages per step; control is asked first, so a cancel waits for this many chunks at most. Few, for a greeting or a
job takes a millisecond or more, and all others wait for the step."""


class Endpoint:
    """Binds, writes the connection file, and from then on lives from ``poll``.

    welcome: called for each greeting, so that a menu shows what is there now. listen: where machines that were let in
    may connect besides; None: nowhere. silent_after: seconds. most: sessions of own hosts at once.
    most_of_one: of one other machine.
    Raises ``OverpaintError``: busy when a server for ``home`` runs already, bad-request when it cannot listen there.
    """

    def __init__(
        self,
        home: Path,
        welcome: Callable[[], Welcome],
        transport: Transport = Transport.AUTO,
        listen: Address | None = None,
        silent_after: float = SILENT_AFTER_S,
        most: int = MOST_SESSIONS,
        most_of_one: int = MOST_OF_ONE,
    ) -> None:
        self._home = home
        self._welcome = welcome
        self._most = most
        self._most_of_one = most_of_one
        self._lock = connection.ServerLock(home)
        if not self._lock.take(patience=1.0):
            raise OverpaintError(Code.BUSY, "An Overpaint server already runs for this user.", "Use that one.")
        connection.remove_connection(home)  # of a server that crashed
        self.context: sockets.Context = sockets.new_context()
        self._lines = PeerSessions()
        self._life = LifeWatch(self._lines, silent_after, self._drop)
        self._kept = time.monotonic()
        self.displaced = False
        """Another server has this one's folder: this one must end."""
        self._ended: list[Gone | TurnedOut] = []
        self._poller = zmq.Poller()
        self._watched: dict[object, Callable[[], None]] = {}
        self._ipc_folder: Path | None = None
        self._zap: keys.ZapHandler | None = None
        self._pairs: tuple[sockets.KeyPair, sockets.KeyPair] | None = None
        """The server's and this user's own, where there is a door."""
        self.authorized = AuthorizedKeys(home)
        self._listeners: list[Listener] = []
        try:
            self.connection = self._bind(transport, listen)
        except OverpaintError:
            self.close()
            raise
        connection.write_connection(home, self.connection)

    # --- for the gateway -----------------------------------------------------------------------

    def poll(self, timeout: float) -> list[Received | Gone | TurnedOut]:
        """One step of the loop: waits up to ``timeout`` seconds for something to happen and returns what did, control
        messages first, a handful at a time. Calls what ``watch`` registered."""
        now_or_soon = 0.0 if self._ended or self._life.busy else max(0.0, timeout)
        ready = dict(self._poller.poll(round(now_or_soon * 1000)))
        self._turn_out()
        events: list[Received | Gone | TurnedOut] = []
        for channel, batch in ((Channel.CONTROL, _CONTROL_BATCH), (Channel.DATA, _DATA_BATCH)):
            for listener in self._listeners:
                listener.connections[channel].update()
                if listener.sockets[channel] in ready:
                    self._drain(listener, channel, batch, events)
        if self._zap is not None and self._zap.socket in ready:
            self._zap.answer()
        for watched, callback in list(self._watched.items()):
            if watched in ready:
                callback()
        self._life.look()
        self._keep_in_place()
        ended, self._ended = self._ended, []
        return [*events, *ended]

    def send(self, peer: Peer, message: Message, payload: Buffer | None = None) -> bool:
        """Sends now, never waits. False when the peer is gone or has stopped reading (then ``Gone`` follows)."""
        line = self._lines.of(peer)
        channel = Channel.CONTROL if isinstance(message, (Cancelled, Pong)) else Channel.DATA
        if line is None or channel not in line.routes:
            return False
        if isinstance(message, Progress) and payload is not None and not line.reads:
            message, payload = replace(message, preview_width=0, preview_height=0), None
        if line.send(channel, message, payload):
            return True
        self._drop(line, cut=True)
        return False

    def watch(self, socket: Socket | int, callback: Callable[[], None]) -> None:
        """Lets ``poll`` also wait for ``socket`` (a zmq socket or a file descriptor) and call ``callback`` when it
        is readable; the callback must read until nothing is left."""
        self._poller.register(socket, zmq.POLLIN)
        self._watched[socket] = callback

    def unwatch(self, socket: Socket | int) -> None:
        self._poller.unregister(socket)
        del self._watched[socket]

    def hush(self) -> None:
        """Ends the connection of another machine that has sent most of late: it fills this server's memory."""
        for listener in self._listeners:
            listener.hush()

    def __len__(self) -> int:
        """How many sessions there are."""
        return len(self._lines)

    @property
    def peers(self) -> tuple[Peer, ...]:
        return tuple(line.peer for line in self._lines)

    def close(self) -> None:
        """Removes the connection file, closes everything (worker sockets of ``context`` too), frees the lock."""
        if not self.displaced:
            connection.remove_connection(self._home)
        for listener in self._listeners:
            listener.close()
        if self._zap is not None:
            self._zap.close()
        self.context.destroy(linger=0)
        if self._ipc_folder is not None:
            connection.remove_ipc(self._ipc_folder)
        self._lock.release()

    # --- binding -------------------------------------------------------------------------------

    def _bind(self, transport: Transport, listen: Address | None) -> ConnectionFile:
        ipc = wants_ipc(transport)
        shares = descriptors.shared(descriptors.limit(), self._most, _MOST_VISITS if listen is not None else 0)
        if not sockets.PLAIN_TCP and (listen is not None or not ipc):
            self._zap = keys.ZapHandler(self.context, self.authorized.admits)
            self._poller.register(self._zap.socket, zmq.POLLIN)
            self._pairs = keys.server_keys(self._home), keys.client_keys(self._home)
        if ipc:
            own = self._open(None, shares.sessions).bind_ipc(self._folder())
        else:
            own = self._open(keys.server_keys(self._home), shares.sessions).bind_loopback(self._home)
        if listen is not None:
            folder = self._folder() if connection.ipc_possible() else None
            most = 2 * shares.visits  # the proxy counts them; this is for those whose end is just being noticed
            self._open(keys.server_keys(self._home), most).bind_network(listen, folder, shares.visits)
            remember(self._home, listen)
        return own

    def _folder(self) -> Path:
        self._ipc_folder = self._ipc_folder or connection.ipc_folder(self._home)
        return self._ipc_folder

    def _open(self, pair: sockets.KeyPair | None, most: int) -> Listener:
        listener = Listener(self.context, pair, most)
        self._listeners.append(listener)
        for channel in Channel:
            self._poller.register(listener.sockets[channel], zmq.POLLIN)
            self._poller.register(listener.connections[channel].monitor, zmq.POLLIN)
        return listener

    def _keep_in_place(self) -> None:
        """What clients find the server by, and what keeps it the only one, may be removed while it lives (by who tidies
        up, or a program that does): it is put back."""
        now = time.monotonic()
        if now - self._kept < _KEEP_S or not self._home.is_dir():
            return
        self._kept = now
        self.displaced = not self._lock.keep()
        if self.displaced:
            return
        own, *others = self._listeners
        if self._ipc_folder is not None and own.lost_its_paths():
            log.warning("the sockets were removed: new ones are made")
            self.connection = own.bind_ipc(self._ipc_folder)
            connection.write_connection(self._home, self.connection)
        elif not connection.connection_path(self._home).exists():
            log.warning("the connection file was removed: it is written anew")
            connection.write_connection(self._home, self.connection)
        for network in others:
            if self._ipc_folder is not None and network.lost_its_paths():
                network.bind_paths_anew(self._ipc_folder)
        if self._pairs is not None:
            keys.put_back(self._home, *self._pairs)

    # --- what comes in -------------------------------------------------------------------------

    def _drain(
        self, listener: Listener, channel: Channel, batch: int, events: list[Received | Gone | TurnedOut]
    ) -> None:
        for _ in range(batch):
            raw = frames.receive(listener.sockets[channel], routed=True)
            if raw is None:
                return
            number = listener.connections[channel].number(raw.descriptor)
            received = self._take(channel, Route(listener, raw.sender, raw.descriptor, number, raw.key), raw)
            if received is not None:
                events.append(received)

    def _take(self, channel: Channel, route: Route, raw: Frames) -> Received | None:
        """Whatever is wrong with a message is told to whoever sent it, or ends its session; never more."""
        try:
            if raw.key and not self.authorized.admits(raw.key):
                route.listener.connections[channel].cut(route.descriptor, route.number)
                return None
            message = raw.message()
            if isinstance(message, Hello):
                self._greet(channel, route, message)
                return None
            return self._deliver(channel, route, message, raw.payload)
        except OverpaintError as error:
            send(channel, route, Failed.of("", error))
        except Exception:  # a fault of ours, which this message has found
            log.exception("a message could not be taken")
            self._end(channel, route)
        return None

    def _end(self, channel: Channel, route: Route) -> None:
        line = self._lines.at(channel, route)
        if line is not None:
            self._drop(line, cut=True)
        else:
            route.listener.connections[channel].cut(route.descriptor, route.number)

    def _deliver(self, channel: Channel, route: Route, message: Message, payload: memoryview | None) -> Received | None:
        line = self._lines.at(channel, route)
        if line is None:
            raise OverpaintError(Code.UNREACHABLE, "The server no longer knows this session.", "Connect again.")
        line.heard = time.monotonic()
        direction.check(channel, message)
        if isinstance(message, Ping):
            send(channel, route, Pong(message.number))
            return None
        return Received(line.peer, message, payload)

    def _greet(self, channel: Channel, route: Route, hello: Hello) -> None:
        if hello.channel is not channel:
            raise OverpaintError(Code.BAD_REQUEST, "The greeting came to the wrong socket.")
        peer = greeted(hello, "" if route.key == self.connection.client_public else route.key)
        displaced = self._lines.displaced(channel, route)
        if displaced is not None:
            self._drop(displaced)
        self._check_room(peer)
        self._lines.join(channel, route, peer)
        if not send(channel, route, self._welcome()):
            self._end(channel, route)

    def _check_room(self, peer: Peer) -> None:
        """One machine that was let in leaves room for the others."""
        if not peer.guest or self._lines.of(peer) is not None:
            return
        if sum(line.peer.guest == peer.guest for line in self._lines.of_guests) >= self._most_of_one:
            raise OverpaintError(
                Code.BUSY,
                f"This machine has {self._most_of_one} sessions at the server already.",
                "Close some of the programs that use it.",
            )

    # --- who has gone --------------------------------------------------------------------------

    def _turn_out(self) -> None:
        """Ends the sessions of machines whose key is not on the list, or cannot be looked up."""
        for line in self._lines.of_guests:
            if not self.authorized.admits(line.peer.guest):
                self._drop(line, cut=True)
        self._ended += [TurnedOut(key) for key in self.authorized.turned_out()]

    def _drop(self, line: PeerSession, cut: bool = False) -> None:
        """cut: it is gone, or does not read: what waits to be sent to it is thrown away with its connection."""
        if self._lines.leave(line, cut):
            self._ended.append(Gone(line.peer))
