"""What a host hears while it follows its jobs."""

from __future__ import annotations

from dataclasses import dataclass

from ..wire.errors import OverpaintError
from ..wire.messages import Acknowledged, Cancelled, Estimated, Finished, JobLine, Queued, Welcome
from ..wire.results import ResultBlob

__all__ = [
    "Acknowledged",
    "Arrived",
    "ArrivedResult",
    "Cancelled",
    "Connecting",
    "Downloading",
    "EditFailed",
    "Estimated",
    "Event",
    "Interrupted",
    "Listed",
    "Progressed",
    "Queued",
    "ServerLost",
    "Uploading",
    "Welcomed",
]


@dataclass(frozen=True)
class Connecting:
    """A server is being looked for, or started (``starting``)."""

    starting: bool


@dataclass(frozen=True)
class Welcomed:
    """The server answers; ``welcome`` carries its methods, models and limits."""

    welcome: Welcome


@dataclass(frozen=True)
class Uploading:
    """``fraction`` (0..1) of the pixels have left."""

    job: str
    fraction: float


@dataclass(frozen=True)
class Progressed:
    """The edit took a step: ``stage`` in words, ``step`` of ``of``; ``preview`` is RGB8, rows top to bottom, None when
    this step brought none."""

    job: str
    stage: str
    step: int
    of: int
    seconds_left: float | None
    preview: bytes | None
    preview_width: int
    preview_height: int


@dataclass(frozen=True)
class Downloading:
    """``fraction`` (0..1) of the answer has come."""

    job: str
    fraction: float


@dataclass(frozen=True)
class ArrivedResult:
    """One part of the answer; ``data`` holds ``result.raster.nbytes`` bytes as ``result.raster`` describes them."""

    result: ResultBlob
    data: memoryview


@dataclass(frozen=True)
class Arrived:
    """The whole answer is here. The server keeps its copy until the host acknowledges the job."""

    job: str
    finished: Finished
    results: tuple[ArrivedResult, ...]


@dataclass(frozen=True)
class EditFailed:
    """This job has ended with an error."""

    job: str
    error: OverpaintError


@dataclass(frozen=True)
class Listed:
    """The answer to ``list_jobs``."""

    jobs: tuple[JobLine, ...]


@dataclass(frozen=True)
class Interrupted:
    """The connection was lost while jobs were under way; it is sought again and they go on where they stood."""

    error: OverpaintError


@dataclass(frozen=True)
class ServerLost:
    """The connection has ended; ``error`` says why and what to do."""

    error: OverpaintError


Event = (
    Connecting
    | Welcomed
    | Uploading
    | Queued
    | Progressed
    | Downloading
    | Arrived
    | EditFailed
    | Cancelled
    | Acknowledged
    | Estimated
    | Listed
    | Interrupted
    | ServerLost
)
