"""Where other machines knock: their connections are accepted here, as many as there is room for, and what they say is
passed on to a socket of ZeroMQ inside.

ZeroMQ itself accepts whatever comes as fast as it comes. Once that has used up the descriptors of the process, libzmq
4.3.5 aborts (in ``ipc_listener``) as soon as one of this user's own hosts comes in. Here nobody is accepted for whom
there is no descriptor left.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket as system
import threading
from dataclasses import dataclass
from pathlib import Path

from server.wire.address import Address

log = logging.getLogger(__name__)

_PIECE = 256 << 10
_REFUSED_BYTES = 512
"""Whoever has been told more has been let in: greeting, keys and a refusal are shorter, a welcome is longer."""

_LOUD_BYTES = 1 << 20
_BACKLOG = 64
_BREATH_S = 0.1


@dataclass(eq=False)
class _Visit:
    """told, heard: bytes that the server has sent it, and that it has said since others were last asked to be quiet."""

    outside: system.socket
    inside: system.socket
    told: int = 0
    heard: int = 0
    task: asyncio.Task[None] | None = None

    @property
    def let_in(self) -> bool:
        return self.told > _REFUSED_BYTES


class TcpProxy:
    """One port, in a thread of its own. path: of the socket inside; may be changed. most: visits at once: for one more,
    the one goes that has been here longest without being let in.

    Raises ``OSError`` when it cannot listen there.
    """

    def __init__(self, address: Address, path: Path, most: int) -> None:
        self.path = path
        self._most = most
        host = "" if address.host == "*" else address.host
        family = system.AF_INET6 if address.is_ipv6 else system.AF_INET
        self._listener = system.create_server((host, address.port), family=family, backlog=_BACKLOG)
        self._listener.setblocking(False)
        self._visits: dict[_Visit, None] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends all visits."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def hush(self) -> None:
        """Somebody fills the memory: whoever has said most since the last call is shown out."""
        self._loop.call_soon_threadsafe(self._show_out_loudest)

    def _show_out_loudest(self) -> None:
        loudest = max(self._visits, key=lambda visit: visit.heard, default=None)
        if loudest is not None and loudest.task is not None and loudest.heard > _LOUD_BYTES:
            log.warning("a connection that fills the memory is cut")
            loudest.task.cancel()
        for visit in self._visits:
            visit.heard = 0

    def _run(self) -> None:
        accepting = self._loop.create_task(self._accept())
        self._loop.run_forever()
        tasks = [accepting, *(visit.task for visit in self._visits if visit.task is not None)]
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()
        self._listener.close()

    async def _accept(self) -> None:
        while True:
            try:
                outside, _ = await self._loop.sock_accept(self._listener)
            except OSError as error:  # it has hung up already, or descriptors are short all the same
                log.warning("a connection could not be accepted: %s", error)
                await asyncio.sleep(_BREATH_S)
                continue
            if len(self._visits) >= self._most and not await self._make_room():
                outside.close()
                continue
            self._begin(outside)

    async def _make_room(self) -> bool:
        stranger = next((visit.task for visit in self._visits if not visit.let_in), None)
        if stranger is None:
            return False
        stranger.cancel()
        await asyncio.wait([stranger])
        return True

    def _begin(self, outside: system.socket) -> None:
        outside.setblocking(False)
        try:
            outside.setsockopt(system.IPPROTO_TCP, system.TCP_NODELAY, 1)
            inside = system.socket(system.AF_UNIX)
        except OSError as error:
            log.warning("a connection could not be passed on: %s", error)
            outside.close()
            return
        inside.setblocking(False)
        visit = _Visit(outside, inside)
        self._visits[visit] = None
        visit.task = self._loop.create_task(self._accompany(visit))
        visit.task.add_done_callback(lambda _: self._end(visit))  # called also for one that was cancelled unbegun

    def _end(self, visit: _Visit) -> None:
        visit.outside.close()
        visit.inside.close()
        del self._visits[visit]

    async def _accompany(self, visit: _Visit) -> None:
        """Until either side hangs up; then both do."""
        with contextlib.suppress(OSError):  # one of them has gone
            await self._loop.sock_connect(visit.inside, str(self.path))
            ways = [asyncio.ensure_future(self._hear(visit)), asyncio.ensure_future(self._tell(visit))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)

    async def _hear(self, visit: _Visit) -> None:
        while piece := await self._loop.sock_recv(visit.outside, _PIECE):
            visit.heard += len(piece)
            await self._loop.sock_sendall(visit.inside, piece)

    async def _tell(self, visit: _Visit) -> None:
        while piece := await self._loop.sock_recv(visit.inside, _PIECE):
            visit.told += len(piece)
            await self._loop.sock_sendall(visit.outside, piece)
