"""Pixels between a socket and the spool, a chunk at a time: the gateway never holds more of a job in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from server.journal import CheckedFile, DamagedError, disk_errors
from server.listening.peers import Peer
from server.wire.errors import Code, OverpaintError
from server.wire.frames import Buffer
from server.wire.messages import CREDIT_WINDOW, Failed, Fetch, Finished, Message, Submit
from server.wire.streams import Part, Receiving, Sending

_FETCHES_EACH = 64
"""Blobs of one answer that may be asked for before the first has come."""

_AT_ONCE = 2
"""Answers that one client takes home side by side, each under a window of credit of its own. Each may leave a window
unread behind it as the next begins: four windows, ``backlog.MOST_BYTES``, beyond which a client counts as one that
does not read."""

Send = Callable[[Peer, Message, Buffer | None], bool]
Damaged = Callable[[str, OverpaintError], None]
"""Told of a job whose answer is not what was stored."""


class SpoolFile:
    """One blob as a file of the spool."""

    def __init__(self, path: Path, nbytes: int) -> None:
        self._file = CheckedFile(path, nbytes)

    def read(self, offset: int, count: int) -> bytes:
        with disk_errors():
            return self._file.read(offset, count)

    def write(self, offset: int, data: Buffer) -> None:
        with disk_errors():
            self._file.write(offset, data)


def upload(submit: Submit, folder: Path) -> Receiving:
    """The receiver of a new job's blobs into ``folder``."""
    return upload_on(submit, folder, dict.fromkeys((blob.name for blob in submit.blobs), 0))


def upload_on(submit: Submit, folder: Path, here: Mapping[str, int]) -> Receiving:
    """The same for a job of which so many bytes of each blob are ``here``."""
    parts = [Part(blob.name, blob.nbytes, SpoolFile(folder / blob.name, blob.nbytes), here[blob.name])
             for blob in submit.blobs]  # fmt: skip
    return Receiving(submit.job, parts)


class Downloads:
    """Answers under way. A client that fetches several blobs of one job gets them one after the other."""

    def __init__(self, send: Send, damaged: Damaged = lambda job, error: None) -> None:
        self._send, self._damaged = send, damaged
        self._running: dict[tuple[Peer, str], deque[Sending]] = {}

    def begin(self, peer: Peer, fetch: Fetch, finished: Finished, folder: Path) -> None:
        """Raises ``OverpaintError`` (bad-request) for a blob or offset that the answer does not have."""
        sizes = {result.blob: result.raster.nbytes for result in finished.results}
        if not 0 <= fetch.offset <= sizes.get(fetch.blob, -1) or not 1 <= fetch.credit <= CREDIT_WINDOW:
            raise OverpaintError(Code.BAD_REQUEST, "A part of the answer was asked for that does not exist.")
        part = Part(fetch.blob, sizes[fetch.blob], SpoolFile(folder / fetch.blob, sizes[fetch.blob]), fetch.offset)
        waiting = self._running.setdefault((peer, fetch.job), deque())
        if len(waiting) >= _FETCHES_EACH:
            raise OverpaintError(
                Code.BAD_REQUEST, "More parts of an answer were asked for than can be taken home at once."
            )
        waiting.append(Sending(fetch.job, [part], fetch.credit))
        self._advance(peer)

    def grant(self, peer: Peer, job: str, chunks: int) -> None:
        """The peer took so many chunks; one for a download that has ended is ignored."""
        waiting = self._running.get((peer, job))
        if waiting and 1 <= chunks <= CREDIT_WINDOW:
            waiting[0].grant(chunks)
            self._advance(peer)

    def end(self, peer: Peer | None = None, job: str | None = None) -> None:
        """Forget the downloads of a peer that is gone, or of a job that is."""
        for key in [key for key in self._running if peer in (None, key[0]) and job in (None, key[1])]:
            del self._running[key]

    def _advance(self, peer: Peer) -> None:
        """Sends what may leave of the peer's first few answers; where one has left, the next begins."""
        ended = True
        while ended:
            first = [key for key in self._running if key[0] == peer][:_AT_ONCE]
            ended = sum(self._has_left(key) for key in first) > 0  # each of them gets its turn

    def _has_left(self, key: tuple[Peer, str]) -> bool:
        """Whether nothing more of an answer is to be sent, because all has left or because it cannot be read."""
        waiting = self._running[key]
        try:
            while waiting and self._send_what_may_leave(key[0], waiting[0]):
                waiting.popleft()
        except OverpaintError as error:
            waiting.clear()
            self._send(key[0], Failed.of(key[1], error), None)
            if isinstance(error, DamagedError):
                self._damaged(key[1], error)
        if waiting:
            return False
        del self._running[key]
        return True

    def _send_what_may_leave(self, peer: Peer, sending: Sending) -> bool:
        """True when all of it has left."""
        while (step := sending.next()) is not None:
            chunk, data = step
            if not self._send(peer, chunk, data):
                return False
            sending.sent(data)
        return sending.complete
