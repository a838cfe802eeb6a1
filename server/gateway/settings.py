"""How long the server waits for what, and how much it keeps: every such number of the gateway, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from server.journal import Keeping
from server.listening.endpoint import MOST_SESSIONS, SILENT_AFTER_S
from server.workers.runner import SILENT_AFTER_S as WORKER_SILENT_AFTER_S


@dataclass(frozen=True)
class GatewaySettings:
    """Durations in seconds, sizes in bytes."""

    silent_after: float = SILENT_AFTER_S
    """A session from which nothing came for so long counts as gone (docs/protocol.md, *A session*)."""

    worker_silent_after: float = WORKER_SILENT_AFTER_S
    """A worker that gave no sign of life for so long is ended; its job begins again in another."""

    unload_after: float = 600.0
    """Without a job for so long, the workers free the memory of their models."""

    end_after: float = 1800.0
    """Without a job and without a word from anybody for so long, the server ends. A client starts it again."""

    stop_grace: float = 5.0
    """A worker that still runs a cancelled job after so long is ended and started anew."""

    max_waiting: int = 200
    """Jobs uploading or queued at once, of all clients together."""

    log_prompts: bool = False
    """Whether the log holds what is asked for; without it, neither words nor pictures nor their names."""

    max_waiting_each: int = 150
    """The same, of one client: another machine, or one of this user's hosts."""

    max_bytes: int = 64 << 30
    max_bytes_each: int = 32 << 30
    """What all jobs take on the disk that were announced and not yet fetched, with their answers."""

    max_sessions: int = MOST_SESSIONS
    """Of this user's hosts, where there are descriptors for as many."""

    keep_results_for: float = 7 * 86400.0
    keep_uploads_for: float = 86400.0
    """An upload that never became complete, and a failure nobody asked about."""

    keep_bytes: int = 20 << 30
    """Of finished jobs that nobody acknowledged, together; the oldest go first."""

    spare_disk: int = 512 << 20
    """Free space that admission leaves on the disk."""

    keep_sent_for: float = 3600.0
    keep_sent_bytes_each: int = 2 << 30
    keep_sent_bytes: int = 8 << 30
    """What was sent is kept for so long after it was last used, so that it need not be sent again: so much of one
    client, and of all. None of it where the disk has not as much free beside ``spare_disk``."""

    @property
    def keeping(self) -> Keeping:
        return Keeping(self.keep_sent_for, self.keep_sent_bytes_each, self.keep_sent_bytes, self.spare_disk)
