"""A pair of sockets at which clients arrive: one for this user's own hosts, another for machines that were let in."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import zmq

from server.wire import connection, keys, sockets
from server.wire.address import Address
from server.wire.connection import ConnectionFile, Transport
from server.wire.errors import Code, OverpaintError
from server.wire.files import private_folder
from server.wire.messages import PROTOCOL_MAJOR, PROTOCOL_MINOR, Channel
from server.wire.sockets import Context, KeyPair, Socket

from .connections import Connections
from .tcp_proxy import TcpProxy

LOOPBACK = "127.0.0.1"
_BOTH = (Channel.DATA, Channel.CONTROL)


class Listener:
    """Its sockets by channel, and who is connected to each. most: connections at once, on each."""

    def __init__(self, context: Context, pair: KeyPair | None, most: int) -> None:
        self.sockets: dict[Channel, Socket] = {}
        self.connections: dict[Channel, Connections] = {}
        self._paths: list[Path] = []
        self._proxies: list[TcpProxy] = []
        for channel in Channel:
            self.sockets[channel] = sockets.server_socket(context, pair, channel)
            self.connections[channel] = Connections(context, self.sockets[channel], most)

    def bind_ipc(self, folder: Path) -> ConnectionFile:
        """Called again when its paths were removed. (Unbinding those would end the sessions that came in there.)"""
        data, control = self._bind_paths(folder, connection.OWN)
        return ConnectionFile(PROTOCOL_MAJOR, PROTOCOL_MINOR, os.getpid(), data, control)

    def lost_its_paths(self) -> bool:
        """Whether the files of its sockets were removed: nobody new can come in there."""
        return not all(path.exists() for path in self._paths)

    def _bind_paths(self, folder: Path, letters: str) -> tuple[str, str]:
        connection.remove_stale_ipc(folder, letters)
        private_folder(folder)
        ends = connection.ipc_endpoints(folder, letters)
        for channel, end in zip(_BOTH, ends, strict=True):
            self.sockets[channel].bind(end)
        self._paths = [Path(end.removeprefix("ipc://")) for end in ends]
        return ends

    def bind_loopback(self, home: Path) -> ConnectionFile:
        data, control = (
            f"tcp://{LOOPBACK}:{self.sockets[channel].bind_to_random_port(f'tcp://{LOOPBACK}')}" for channel in _BOTH
        )
        server, client = keys.server_keys(home), keys.client_keys(home)
        return ConnectionFile(
            PROTOCOL_MAJOR, PROTOCOL_MINOR, os.getpid(), data, control, server.public, client.public, client.secret
        )

    def bind_network(self, address: Address, folder: Path | None, visits: int) -> None:
        """For other machines, ``visits`` at each port at once. folder: for the sockets to which what comes in is passed
        on, where there are ipc sockets. Raises ``OverpaintError`` (bad-request) where that address cannot be had."""
        try:
            place = address.resolved()
            if folder is None:
                self._bind_directly(place)
            else:
                self._bind_paths(folder, connection.OTHERS)
                ports = (place, replace(place, port=place.port + 1))
                for port, path in zip(ports, self._paths, strict=True):
                    self._proxies.append(TcpProxy(port, path, visits))
        except (zmq.ZMQError, OSError, UnicodeError) as error:
            raise OverpaintError(
                Code.BAD_REQUEST,
                f"The server cannot listen at {address} and the port after it ({error}).",
                "Give an address of this machine, and a port that is free together with the next one.",
            ) from error

    def bind_paths_anew(self, folder: Path) -> None:
        """For what comes in over the network."""
        self._bind_paths(folder, connection.OTHERS)
        for proxy, path in zip(self._proxies, self._paths, strict=True):
            proxy.path = path

    def hush(self) -> None:
        for proxy in self._proxies:
            proxy.hush()

    def _bind_directly(self, place: Address) -> None:
        for channel, endpoint in zip(_BOTH, place.endpoints, strict=True):
            self.sockets[channel].setsockopt(zmq.IPV6, int(place.is_ipv6))
            self.sockets[channel].bind(endpoint)

    def close(self) -> None:
        for proxy in self._proxies:
            proxy.close()
        for connections in self.connections.values():
            connections.close()


def wants_ipc(transport: Transport) -> bool:
    return transport is Transport.IPC or (transport is Transport.AUTO and connection.ipc_possible())
