"""One job as the client sees it: pixels going out, word coming in, results coming back."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from ..wire import messages as wire
from ..wire import results
from ..wire.errors import Code, FullError, OverpaintError
from ..wire.frames import Buffer
from ..wire.messages import Chunk, JobState
from ..wire.offers import Limits
from ..wire.streams import MemoryStore, Part, Receiving, Sending
from ..wire.words import plain
from . import events
from .buffers import Buffers
from .submission import Submission

_MOST = Limits(max_side=1 << 16)
"""What a host can take: its numbers for places and sides have 32 bits at most."""

_LETTERS = 2000
_PREVIEW_SIDE, _MOST_STEPS, _LONGEST_S = 256, 1 << 20, 30 * 86400.0
"""What a server may say of a preview or the time left; more is no server of ours."""

Heard = tuple["events.Event | None", list[wire.Message]]


class JobTransfer:
    """Follows one job through its messages; the session does the sending."""

    def __init__(self, job: str, buffers: Buffers, submission: Submission | None = None) -> None:
        self._job = job
        self._buffers = buffers
        self._submission = submission
        self._sending: Sending | None = None
        self._naming: Generator[None, None, None] | None = None
        self._named = False
        self._receiving: list[Receiving] = []
        self._finished: wire.Finished | None = None
        self._answers: list[bytearray] = []
        self._told: float | None = None

    def stop(self) -> None:
        """No further chunk leaves."""
        self._sending = None
        self._naming = None
        self._submission = None

    @property
    def naming(self) -> bool:
        """The pixels are being named: call ``name_on`` until it gives a message."""
        return self._naming is not None

    def name_on(self) -> wire.Submit | None:
        """Reads another piece of what would be sent; the job once more, with its blobs' names, when all are known."""
        if self._naming is None or self._submission is None:
            return None
        for _ in self._naming:
            return None
        self._naming = None
        return self._submission.message()

    def next_chunk(self) -> tuple[Chunk, Buffer] | None:
        return self._sending.next() if self._sending is not None else None

    def chunk_sent(self, data: Buffer) -> None:
        if self._sending is not None:
            self._sending.sent(data)

    def fraction_event(self) -> events.Uploading | events.Downloading | None:
        """How far the present transfer is, when that has changed since the last call."""
        fraction = self._fraction()
        if fraction is None or fraction == self._told:
            return None
        self._told = fraction
        if self._receiving:
            return events.Downloading(self._job, fraction)
        return events.Uploading(self._job, fraction)

    def _fraction(self) -> float | None:
        if self._receiving:
            return sum(layer.fraction for layer in self._receiving) / len(self._receiving)
        return self._sending.fraction if self._sending is not None else None

    def hear(self, message: wire.Message, payload: memoryview | None) -> Heard:
        """What a message means to the host, and what to answer. Raises ``OverpaintError`` for a broken answer."""
        if isinstance(message, wire.Accepted):
            return self._accepted(message)
        if isinstance(message, wire.Credit) and self._sending is not None:
            self._sending.grant(message.chunks)
        elif isinstance(message, wire.Queued):
            return replace(message, place=max(0, min(message.place, _MOST_STEPS))), []
        elif isinstance(message, wire.Progress):
            return _progressed(message, payload), []
        elif isinstance(message, wire.Finished):
            return self._fetch(message)
        elif isinstance(message, wire.Chunk) and payload is not None:
            return self._take(message, payload)
        elif isinstance(message, wire.Failed):
            return events.EditFailed(self._job, as_error(message)), []
        return None, []

    def _accepted(self, accepted: wire.Accepted) -> Heard:
        if accepted.state is not JobState.UPLOADING:
            return None, [wire.Attach(self._job)]
        if self._submission is None or self._sending is not None:
            return None, []
        if accepted.name_first and not self._named:
            self._named, self._naming = True, self._submission.naming()
        elif self._naming is None:
            self._sending = Sending(self._job, self._submission.parts(accepted.received), accepted.credit)
        return None, []

    def _fetch(self, finished: wire.Finished) -> Heard:
        if self._finished is not None:
            return None, []
        _check(finished)
        if self._submission is not None:
            self._submission.learn(finished.sent)
        self._finished = finished
        self._answers = self._room([result.raster.nbytes for result in finished.results])
        self._receiving = [
            Receiving(self._job, [Part(result.blob, len(buffer), MemoryStore(buffer))])
            for result, buffer in zip(finished.results, self._answers, strict=True)
        ]
        return None, [wire.Fetch(self._job, finished.results[0].blob)]

    def _room(self, sizes: list[int]) -> list[bytearray]:
        try:
            return [self._buffers.take(size) for size in sizes]
        except MemoryError:
            raise OverpaintError(
                Code.OUT_OF_MEMORY,
                "There is not enough memory here for the answer.",
                "Close other documents; the server keeps the answer.",
            ) from None

    def _take(self, chunk: Chunk, payload: memoryview) -> Heard:
        under_way = next((index for index, layer in enumerate(self._receiving) if not layer.complete), None)
        if under_way is None or self._finished is None:
            return None, []
        credit = self._receiving[under_way].take(chunk, payload)
        if not self._receiving[under_way].complete:
            return None, [credit] if credit else []
        if under_way + 1 == len(self._receiving):
            return self._arrived(self._finished), []
        return None, [wire.Fetch(self._job, self._finished.results[under_way + 1].blob)]

    def _arrived(self, finished: wire.Finished) -> events.Arrived:
        pairs = zip(finished.results, self._answers, strict=True)
        arrived = tuple(events.ArrivedResult(result, memoryview(buffer)) for result, buffer in pairs)
        return events.Arrived(self._job, finished, arrived)


def as_error(failed: wire.Failed) -> OverpaintError:
    if failed.code is Code.BUSY and failed.ahead is not None:
        return FullError(
            plain(failed.sentence, _LETTERS), plain(failed.hint, _LETTERS), max(0, min(failed.ahead, _MOST_STEPS))
        )
    return OverpaintError(failed.code, plain(failed.sentence, _LETTERS), plain(failed.hint, _LETTERS))


def _check(finished: wire.Finished) -> None:
    try:
        results.check(finished.results, _MOST)
    except OverpaintError:
        raise OverpaintError(
            Code.INTERNAL, "The server's answer has an impossible size.", "Restart the server."
        ) from None


def _progressed(progress: wire.Progress, payload: memoryview | None) -> events.Progressed:
    width, height = progress.preview_width, progress.preview_height
    whole = payload is not None and 0 < width <= _PREVIEW_SIDE and payload.nbytes == width * height * 3
    of = min(max(0, progress.of), _MOST_STEPS)
    seconds = progress.seconds_left
    return events.Progressed(
        progress.job,
        plain(progress.stage, _LETTERS),
        min(max(0, progress.step), of),
        of,
        seconds if seconds is not None and 0 <= seconds <= _LONGEST_S else None,
        bytes(payload) if payload is not None and whole else None,
        width if whole else 0,
        height if whole else 0,
    )
