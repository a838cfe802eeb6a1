"""Which applications live: whether a host that vanished was ended by its user, or went with its application.

GIMP's Cancel ends the plug-in's process and not GIMP: what the plug-in asked for is not wanted any more. When GIMP has
crashed, it is.
"""

from __future__ import annotations

import psutil

from server.listening.peers import Peer

_ENDED = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


class Hosts:
    def __init__(self) -> None:
        self._applications: dict[Peer, psutil.Process] = {}

    def meet(self, peer: Peer) -> None:
        """Remembers the peer's application, where it is what the peer says: from within a sandbox that numbers
        processes in its own way it is not, and then nothing is known of it."""
        if not peer.host or peer.guest or peer in self._applications:
            return
        try:
            if psutil.Process(peer.process).ppid() == peer.host:
                self._applications[peer] = psutil.Process(peer.host)
        except (psutil.Error, ValueError, OverflowError):
            return

    def took_along(self, peer: Peer) -> bool:
        """``peer`` is gone. Whether its application, as far as that is known, has ended too. Forgets both."""
        application = self._applications.pop(peer, None)
        try:
            return application is not None and (not application.is_running() or application.status() in _ENDED)
        except psutil.NoSuchProcess:
            return True
