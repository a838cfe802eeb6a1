"""The messages of the protocol as types; docs/protocol.md is their specification.

Every message is one JSON object with its name under ``type`` (the first frame), and for ``Chunk`` and
``Progress`` a second frame of raw bytes. Unknown fields are ignored, so that a minor version may add some.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from .errors import Code, FullError, OverpaintError
from .estimates import Estimate as Estimate
from .estimates import Estimated as Estimated
from .geometry import Bounds
from .offers import Limits, MethodOffer, ModelOffer
from .raster import Depth, Raster
from .recipe import Recipe
from .results import ResultBlob
from .words import plain

PROTOCOL_MAJOR = 2
PROTOCOL_MINOR = 2

CHUNK_BYTES = 1 << 20
"""No frame carries more pixel bytes than this."""

_SENTENCE_LETTERS = 2000

CREDIT_WINDOW = 8
"""Chunks that may be under way in one direction before the receiver has said it took one."""


class Channel(str, Enum):
    """The two sockets of one session."""

    DATA = "data"
    CONTROL = "control"


class JobState(str, Enum):
    UPLOADING = "uploading"
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Blob:
    """One block of bytes that travels in chunks: as ``uploads`` names it, or ``result-0``, ``result-1``, …

    digest: of what is sent, ``wire.content.digest`` of its bytes, where the client knows it: what the server still has
    of this client under that name need not be sent. Empty: sent in any case.
    """

    name: str
    nbytes: int
    digest: str = ""

    def may_be(self, other: Blob) -> bool:
        """Whether both may be the same bytes, as far as is known."""
        return self.nbytes == other.nbytes and (self.digest == other.digest or not self.digest or not other.digest)


# --- opening a session -------------------------------------------------------------------------


@dataclass(frozen=True)
class Hello:
    """First on each socket. ``client`` names the installation (kept between runs: its jobs are found again
    by it), ``session`` this process; the two sockets of one session are joined by it. ``process``, ``host``: the
    numbers of this process and of the one that started it (the application whose plug-in this is); 0: not known."""

    major: int
    minor: int
    client: str
    session: str
    channel: Channel
    application: str = ""
    process: int = 0
    host: int = 0


@dataclass(frozen=True)
class Welcome:
    major: int
    minor: int
    server: str
    device: str
    methods: tuple[MethodOffer, ...]
    models: tuple[ModelOffer, ...]
    limits: Limits
    waiting: int = 0
    """Jobs queued or running now, of all clients."""
    problem: str = ""
    """A sentence when no job can run at the moment (the worker does not start, say)."""


@dataclass(frozen=True)
class Ping:
    """Application heartbeat, answered by the gateway's own loop (a ZMTP heartbeat is answered even by a hung one)."""

    number: int


@dataclass(frozen=True)
class Pong:
    number: int


# --- one job -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Submit:
    """``job``: 32 hex digits made by the client; a second submit of the same id is the same job.

    ``layer`` describes the crop sent as blob ``layer``. ``mask_depth`` is the depth of blob ``mask``: one gray channel,
    the crop's own size, white = repaint; absent (None) when the whole layer is meant. ``keep``: run on and keep the
    result when this client goes away; False for a host whose user cancels by ending the client (GIMP): then only
    when the application has ended as well. ``references``: pictures to look at beside the words, each laid out in its
    own way and sent as ``reference-0`` with ``reference-0-icc`` where it has a profile, and so on; where they lie in
    their document says nothing.
    """

    job: str
    recipe: Recipe
    layer: Raster
    blobs: tuple[Blob, ...]
    mask_depth: Depth | None = None
    keep: bool = True
    references: tuple[Raster, ...] = ()


@dataclass(frozen=True)
class Accepted:
    """The job is known. ``received``: for each blob how many bytes the server already has (0 for a new job whose pixels
    it does not keep); the client sends the rest. ``credit``: chunks the client may send before the first ``Credit``.
    ``name_first``: the server keeps, or is just being sent, pixels of this size. Who submits the job again, with the
    digests of its blobs and before any chunk, sends only what is not here."""

    job: str
    state: JobState
    received: tuple[Blob, ...]
    credit: int = CREDIT_WINDOW
    name_first: bool = False


@dataclass(frozen=True)
class Chunk:
    """Second frame: the bytes of ``blob`` from ``offset`` on, 1..CHUNK_BYTES of them. Same in both directions."""

    job: str
    blob: str
    offset: int


@dataclass(frozen=True)
class Credit:
    """The receiver took ``chunks`` more chunks of this job. Same in both directions."""

    job: str
    chunks: int


@dataclass(frozen=True)
class Queued:
    """``place`` jobs are ahead of this one (0: next)."""

    job: str
    place: int


@dataclass(frozen=True)
class Progress:
    """Second frame, only when ``preview_width`` > 0: preview pixels, RGB8, at most 256 on the longer side."""

    job: str
    stage: str
    """In words for a person: "Loading the model", "Painting", …"""
    step: int
    of: int
    seconds_left: float | None = None
    preview_width: int = 0
    preview_height: int = 0


@dataclass(frozen=True)
class Finished:
    """The answer lies ready. ``recipe`` has every setting that was used filled in. ``crop``: what of the document was
    sent. ``results``: several layers, the lowest first, or one selection or canvas. ``seconds``: the server's own time
    by stage, ``queued`` not included."""

    job: str
    recipe: Recipe
    crop: Bounds
    results: tuple[ResultBlob, ...]
    seconds: dict[str, float] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    """Sentences worth showing beside the answer."""
    sent: tuple[Blob, ...] = ()
    """What was sent, with its digests: so the client can name it the next time without reading it once more."""
    grouped: bool = False
    """The layers belong together: they come in a group of their own."""


@dataclass(frozen=True)
class Fetch:
    """Send blob ``blob`` of a finished job from ``offset`` on, ``credit`` chunks at first."""

    job: str
    blob: str
    offset: int = 0
    credit: int = CREDIT_WINDOW


@dataclass(frozen=True)
class Acknowledge:
    """The client has the result and has put it where it belongs: the server may forget the job."""

    job: str


@dataclass(frozen=True)
class Acknowledged:
    job: str


@dataclass(frozen=True)
class Cancel:
    """On the control socket, so that it passes the chunks. Answered by ``Cancelled`` on the control socket too."""

    job: str


@dataclass(frozen=True)
class Cancelled:
    job: str


@dataclass(frozen=True)
class Skip:
    """A comparison leaves out the method that is at work and goes on with the next; on the control socket. It is not
    answered, and means nothing to a job that waits or has ended, nor to one of another kind."""

    job: str


@dataclass(frozen=True)
class Failed:
    """``job`` is empty when the error concerns the session (a version mismatch, an unreadable message)."""

    job: str
    code: Code
    sentence: str
    hint: str = ""
    ahead: int | None = None
    """For a ``submit`` that found no place (busy): so many jobs stand before it. Sent again later it may find one."""

    @classmethod
    def of(cls, job: str, error: OverpaintError) -> Failed:
        """Whatever the error quotes, its words fit to be shown, and into their frame."""
        ahead = error.ahead if isinstance(error, FullError) else None
        return cls(
            job, error.code, plain(error.sentence, _SENTENCE_LETTERS), plain(error.hint, _SENTENCE_LETTERS), ahead
        )


# --- coming back to jobs -----------------------------------------------------------------------


@dataclass(frozen=True)
class ListJobs:
    """The jobs of this client that the server still keeps."""


@dataclass(frozen=True)
class JobLine:
    job: str
    state: JobState
    method: str
    prompt: str
    created: float
    """Seconds since 1970."""
    attended: bool = False
    """A client is connected that waits for it."""


@dataclass(frozen=True)
class Jobs:
    jobs: tuple[JobLine, ...]


@dataclass(frozen=True)
class Attach:
    """Send me what happens to this job from now on, beginning with where it stands
    (``Queued``, ``Progress``, ``Finished``, ``Failed`` or ``Cancelled``)."""

    job: str


Message = (
    Hello | Welcome | Ping | Pong
    | Submit | Accepted | Chunk | Credit | Queued | Progress | Finished | Fetch | Acknowledge | Acknowledged
    | Cancel | Cancelled | Skip | Failed | Estimate | Estimated | ListJobs | Jobs | Attach
)  # fmt: skip
