"""One job as the gateway has it in memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from server.gateway.admission import room_for
from server.gateway.references import reference_sizes
from server.gateway.tally import Share
from server.journal import Entry
from server.listening.peers import Peer
from server.wire import uploads
from server.wire.errors import Code, OverpaintError
from server.wire.messages import Blob, Failed, Finished, JobState, Message, Progress, Queued, Submit
from server.wire.streams import Receiving

MAX_RUNS = 2
"""A job during which the worker or the server died is run once more, then given up: it may be the cause."""

OPEN = (JobState.UPLOADING, JobState.QUEUED, JobState.RUNNING)


@dataclass
class Job:
    """One job. ``listener`` hears of it (``JobTable.listen`` sets it); None while nobody does. ``receiving`` only while
    it uploads, ``making`` until there is a place for what is, ``checking`` while an earlier server's uploads are looked
    at, ``place`` is the last one told, ``progress`` the last step with its preview, ``given_up`` set when cancelled
    while running, ``low_memory`` when memory ran out in its first run."""

    submit: Submit
    entry: Entry
    """Where it stands, as the journal has it; whatever changes that (``JobTable``) puts the journal's new one here."""
    listener: Peer | None = None
    receiving: Receiving | None = None
    making: bool = False
    checking: bool = False
    place: int | None = None
    progress: tuple[Progress, bytes] | None = None
    finished: Finished | None = None
    given_up: bool = False
    low_memory: bool = False
    number: int = 0
    """In the order in which they came."""

    @property
    def id(self) -> str:
        return self.submit.job

    @property
    def client(self) -> str:
        return self.entry.client

    @property
    def state(self) -> JobState:
        """While uploads are looked at, nobody knows yet whether it can go on."""
        return JobState.UPLOADING if self.checking else self.entry.state

    @property
    def failure(self) -> Failed | None:
        return self.entry.failure

    @property
    def standing(self) -> tuple[Message | None, bytes | None]:
        """Where it stands, as the message that would have said so when it got there, and the bytes of a preview."""
        if self.state is JobState.QUEUED and self.place is not None:
            return Queued(self.id, self.place), None
        if self.state is JobState.RUNNING:
            progress, preview = self.progress or (Progress(self.id, "Starting", 0, 0), b"")
            return progress, preview or None
        return self.finished or self.failure, None

    @property
    def pictures(self) -> tuple[Blob, ...]:
        """What most of its bytes are: the crop, and the references beside it."""
        named = {uploads.LAYER, *reference_sizes(self.submit)}
        return tuple(blob for blob in self.submit.blobs if blob.name in named)

    def may_share_with(self, other: Job) -> bool:
        """Whether a picture of one may be a picture of the other."""
        return any(mine.may_be(theirs) for mine in self.pictures for theirs in other.pictures)

    @property
    def named(self) -> bool:
        """What all its pixels are called is known."""
        return all(blob.digest for blob in self.submit.blobs if blob.nbytes)

    @property
    def nothing_came(self) -> bool:
        """It waits for its first pixels."""
        return self.receiving is not None and not any(blob.nbytes for blob in self.receiving.received)

    @cached_property
    def room(self) -> int:
        """Bytes that it takes on the disk, as far as can be foreseen: an answer may be larger than what was sent."""
        return room_for(self.submit)

    @property
    def share(self) -> Share:
        waiting, working = self.state in OPEN, self.state in (JobState.QUEUED, JobState.RUNNING)
        here = sum(blob.nbytes for blob in (self.receiving.received if self.receiving else self.submit.blobs))
        answer = sum(result.raster.nbytes for result in self.finished.results) if self.finished else 0
        kept = 0 if self.state is JobState.FAILED else max(self.room, answer)
        return Share(int(waiting), int(working), kept, self.room - here if waiting else 0, answer)


def stopped_again() -> OverpaintError:
    return OverpaintError(
        Code.WORKER_DIED,
        "The server stopped while working on this edit, and again when it tried once more.",
        "Try a smaller selection or another model. “overpaint doctor” says what the log has on it.",
    )


def oom_killed_again() -> OverpaintError:
    return OverpaintError(
        Code.OUT_OF_MEMORY,
        "Memory ran out twice while working on this edit, and the system ended it.",
        "Make the selection or its context smaller, use a smaller model, or close other programs.",
    )
