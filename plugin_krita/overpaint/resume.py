"""What has to be known of a running edit to take its answer after a crash or a restart of Krita. No Qt, no libkis."""

from __future__ import annotations

import os
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .server.client.combining import Combining
from .server.wire import codec
from .server.wire.errors import OverpaintError
from .server.wire.files import private_folder
from .server.wire.geometry import Bounds
from .server.wire.messages import JobState
from .server.wire.recipe import Recipe

MOST = 50
"""Older ones are dropped: the server does not keep answers for ever."""


@dataclass(frozen=True)
class Pending:
    """layer: the source's name. model, depth, profile: the colour space of the pixels that come back. combining: as in
    ``KritaJob``."""

    job: str
    recipe: Recipe
    layer: str
    crop: Bounds
    model: str
    depth: str
    profile: str
    combining: Combining = Combining.REPLACE


@dataclass(frozen=True)
class PendingJobs:
    jobs: tuple[Pending, ...] = field(default=())

    def plus(self, job: Pending) -> PendingJobs:
        return PendingJobs((*self.without(job.job).jobs, job)[-MOST:])

    def without(self, job_id: str) -> PendingJobs:
        return PendingJobs(tuple(one for one in self.jobs if one.job != job_id))

    def followed(self, kept: Mapping[str, JobState], here: Container[str]) -> PendingJobs:
        """Those whose answers may still come: begun by this run of Krita (``here``), or whole on the server, which
        ``kept`` them. What an earlier run was still sending went with it, for the pixels were in its memory."""
        return PendingJobs(
            tuple(
                one
                for one in self.jobs
                if one.job in here or kept.get(one.job, JobState.UPLOADING) is not JobState.UPLOADING
            )
        )

    def dump(self) -> str:
        return codec.to_text(self)


FILE_NAME = "krita-pending.json"
"""In Overpaint's own folder: Krita writes its settings only when it ends well."""


def stored(path: Path) -> PendingJobs:
    return load(path.read_text(encoding="utf-8")) if path.exists() else PendingJobs()


def store(path: Path, jobs: PendingJobs) -> None:
    """Whole or not at all, and for this user only. Not forced onto the disk: that can take longer than a window may
    stand still."""
    private_folder(path.parent)
    half = path.with_suffix(".half")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(jobs.dump())
    half.replace(path)


def load(text: str) -> PendingJobs:
    """What ``dump`` gave; empty where it cannot be read."""
    try:
        return codec.from_text(PendingJobs, text, "pending") if text else PendingJobs()
    except OverpaintError:
        return PendingJobs()


class PendingFile:
    """Them, as the file has them: every change is in it before the call returns. folder: where the file is."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._now = stored(self._path)

    def __bool__(self) -> bool:
        return bool(self._now.jobs)

    def add(self, job: Pending) -> None:
        self._change(self._now.plus(job))

    def drop(self, job_id: str) -> None:
        self._change(self._now.without(job_id))

    def returned(self, kept: Mapping[str, JobState], here: Container[str]) -> tuple[Pending, ...]:
        """Those of earlier runs whose answers may still come, the newest first; the others are dropped. As
        ``PendingJobs.followed``."""
        self._change(self._now.followed(kept, here))
        return tuple(one for one in reversed(self._now.jobs) if one.job not in here)

    def _change(self, now: PendingJobs) -> None:
        if now != self._now:
            self._now = now
            store(self._path, now)
