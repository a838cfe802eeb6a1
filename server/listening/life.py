"""Who has vanished: whoever is silent for long is sent something, because only sending shows that a peer has gone."""

from __future__ import annotations

import time
from collections.abc import Callable

from server.wire.messages import Pong

from .sessions import PeerSession, PeerSessions

_PROBE_S = 1.0
_PROBED_AT_ONCE = 64


class LifeWatch:
    """silent_after: seconds without a word after which a session is over. drop: ends one; True: its connection too."""

    def __init__(self, sessions: PeerSessions, silent_after: float, drop: Callable[[PeerSession, bool], None]) -> None:
        self._sessions, self._silent_after, self._drop = sessions, silent_after, drop
        self._to_look_at: list[PeerSession] = []
        self._looked = time.monotonic()

    @property
    def busy(self) -> bool:
        """Some are still to be looked at in this round."""
        return bool(self._to_look_at)

    def look(self) -> None:
        """At a portion of them: a thousand sessions must not make the loop wait."""
        now = time.monotonic()
        if not self._to_look_at:
            if now - self._looked < min(_PROBE_S, self._silent_after) / 2:
                return
            self._looked, self._to_look_at = now, list(self._sessions)
        portion, self._to_look_at = self._to_look_at[:_PROBED_AT_ONCE], self._to_look_at[_PROBED_AT_ONCE:]
        for session in portion:
            if now - session.heard > self._silent_after:
                self._drop(session, False)
            elif now - max(session.heard, session.probed) > _PROBE_S:
                session.probed = now
                self._probe(session)

    def _probe(self, session: PeerSession) -> None:
        for channel in list(session.routes):
            if not session.send(channel, Pong(0)):
                self._drop(session, True)
                return
