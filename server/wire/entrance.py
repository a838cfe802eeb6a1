"""A pair of sockets at which clients arrive: one for this user's own hosts, another for machines that were let in."""

from __future__ import annotations

import os
from pathlib import Path

import zmq

from . import connection, keys, sockets
from .address import Address
from .connection import ConnectionFile, Transport
from .crowd import Crowd
from .errors import Code, OverpaintError
from .files import private_folder
from .messages import PROTOCOL_MAJOR, PROTOCOL_MINOR, Channel
from .sockets import Context, KeyPair, Socket

LOOPBACK = "127.0.0.1"
_IPC = "ipc://"


class Entrance:
    """Its sockets by channel, and who is connected to each. most: connections at once, on each."""

    def __init__(self, context: Context, pair: KeyPair | None, most: int) -> None:
        self.sockets: dict[Channel, Socket] = {}
        self.crowds: dict[Channel, Crowd] = {}
        for channel in Channel:
            self.sockets[channel] = sockets.server_socket(context, pair, channel)
            self.crowds[channel] = Crowd(context, self.sockets[channel], most)

    def bind_ipc(self, folder: Path) -> ConnectionFile:
        """Called again when its paths were removed. (Unbinding those would end the sessions that came in there.)"""
        connection.remove_stale_ipc(folder)
        private_folder(folder)
        data, control = connection.ipc_endpoints(folder)
        self.sockets[Channel.DATA].bind(data)
        self.sockets[Channel.CONTROL].bind(control)
        return ConnectionFile(PROTOCOL_MAJOR, PROTOCOL_MINOR, os.getpid(), data, control)

    def lost_its_paths(self, own: ConnectionFile) -> bool:
        """Whether the files of its sockets were removed: nobody new can come in there."""
        ends = (own.data, own.control)
        return any(end.startswith(_IPC) and not Path(end.removeprefix(_IPC)).exists() for end in ends)

    def bind_loopback(self, home: Path) -> ConnectionFile:
        data, control = (
            f"tcp://{LOOPBACK}:{self.sockets[channel].bind_to_random_port(f'tcp://{LOOPBACK}')}"
            for channel in (Channel.DATA, Channel.CONTROL)
        )
        server, client = keys.server_keys(home), keys.client_keys(home)
        return ConnectionFile(
            PROTOCOL_MAJOR, PROTOCOL_MINOR, os.getpid(), data, control, server.public, client.public, client.secret
        )

    def bind_network(self, address: Address) -> None:
        """For other machines. Raises ``OverpaintError`` (bad-request) where that address cannot be had."""
        try:
            place = address.resolved()
            for channel, endpoint in zip((Channel.DATA, Channel.CONTROL), place.endpoints, strict=True):
                self.sockets[channel].setsockopt(zmq.IPV6, int(place.is_ipv6))
                self.sockets[channel].bind(endpoint)
        except (zmq.ZMQError, OSError, UnicodeError) as error:
            raise OverpaintError(
                Code.BAD_REQUEST,
                f"The server cannot listen at {address} and the port after it ({error}).",
                "Give an address of this machine, and a port that is free together with the next one.",
            ) from error

    def close(self) -> None:
        for crowd in self.crowds.values():
            crowd.close()


def wants_ipc(transport: Transport) -> bool:
    return transport is Transport.IPC or (transport is Transport.AUTO and connection.ipc_possible())
