"""The jobs the gateway knows, in memory and in the journal alike."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from server.gateway.settings import Settings
from server.gateway.transfers import upload
from server.journal import Entry, Journal
from server.wire.errors import Code, OverpaintError
from server.wire.messages import Failed, Finished, JobState, Progress, Submit
from server.wire.peers import Peer
from server.wire.streams import Receiving

log = logging.getLogger(__name__)

MAX_RUNS = 2
"""A job during which the worker or the server died is run once more, then given up: it may be the cause."""

_REMEMBERED = 1000

OPEN = (JobState.UPLOADING, JobState.QUEUED, JobState.RUNNING)


@dataclass
class Job:
    """One job. ``listener`` hears of it; None while nobody does. ``receiving`` only while it uploads, ``place`` is
    the last one told, ``progress`` the last step with its preview, ``given_up`` set when cancelled while running,
    ``careful`` when memory ran out in its first run."""

    submit: Submit
    client: str
    state: JobState
    listener: Peer | None = None
    receiving: Receiving | None = None
    place: int | None = None
    progress: tuple[Progress, bytes] | None = None
    finished: Finished | None = None
    failure: Failed | None = None
    given_up: bool = False
    careful: bool = False

    @property
    def id(self) -> str:
        return self.submit.job


class Book:
    """Finds, keeps and forgets jobs. Whoever is not a job's client does not learn that it exists."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._jobs: dict[str, Job] = {}
        self._gone: deque[tuple[str, str]] = deque(maxlen=_REMEMBERED)

    def __iter__(self) -> Iterator[Job]:
        return iter(list(self._jobs.values()))

    def find(self, job: str, client: str) -> Job | None:
        found = self._jobs.get(job)
        return found if found is not None and found.client == client and not found.given_up else None

    def get(self, job: str) -> Job | None:
        return self._jobs.get(job)

    def need(self, job: str, client: str) -> Job:
        """Raises ``OverpaintError`` (unknown-job)."""
        found = self.find(job, client)
        if found is None:
            raise OverpaintError(
                Code.UNKNOWN_JOB,
                "The server does not know this edit any more.",
                "Its result was fetched, cancelled or too old. Run the edit again.",
            )
        return found

    def just_gone(self, job: str, client: str) -> bool:
        """Whether this client's job was forgotten a short while ago: chunks for it may still be on their way."""
        return (job, client) in self._gone

    def taken(self, job: str) -> bool:
        """Whether the id belongs to a job, whoever's it is."""
        return job in self._jobs

    def being_given_up(self, job: str, client: str) -> bool:
        """Whether this client's job ends as soon as its worker lets go of it."""
        found = self._jobs.get(job)
        return found is not None and found.client == client and found.given_up

    def add(self, submit: Submit, client: str) -> Job:
        self._journal.add(client, submit)
        job = Job(submit, client, JobState.UPLOADING)
        try:
            job.receiving = upload(submit, self._journal.folder(job.id))
        except OverpaintError:
            self._journal.forget(job.id)
            raise
        self._jobs[job.id] = job
        if self.just_gone(job.id, client):
            self._gone.remove((job.id, client))
        return job

    def set_state(self, job: Job, state: JobState) -> None:
        self._journal.set_state(job.id, state)
        job.state = state
        job.receiving = None

    def keep(self, job: Job) -> None:
        """It outlives its client after all."""
        job.submit = replace(job.submit, keep=True)
        self._journal.put_request(job.client, job.submit)

    def begin_run(self, job: Job) -> None:
        self._journal.begin_run(job.id)
        job.state, job.place = JobState.RUNNING, None

    def finish(self, job: Job, finished: Finished) -> None:
        job.finished, job.progress, job.receiving = finished, None, None
        job.state = JobState.FINISHED
        self._journal.finish(job.id, job.submit)

    def fail(self, job: Job, error: OverpaintError) -> Failed:
        job.failure = Failed.of(job.id, error)
        job.state, job.receiving, job.progress = JobState.FAILED, None, None
        self._journal.fail(job.failure)
        return job.failure

    def forget(self, job: Job) -> None:
        self._journal.forget(job.id)
        self._jobs.pop(job.id, None)
        self._gone.append((job.id, job.client))

    # --- beginnings and ends ------------------------------------------------------------------------

    def load(self) -> list[Job]:
        """Takes up what an earlier server left; returns the jobs that are to be queued, oldest first."""
        waiting = []
        for entry in self._journal.entries():
            job = self._take_up(entry)
            if job is not None and job.state is JobState.QUEUED:
                waiting.append(job)
        return waiting

    def _take_up(self, entry: Entry) -> Job | None:
        try:
            submit = self._journal.request(entry.job)
        except OverpaintError as error:
            self._journal.set_aside(entry.job, error)
            return None
        except OSError as error:
            log.error("job %s is not readable now (%s); the next start tries again", entry.job, error)
            return None
        job = Job(submit, entry.client, entry.state, failure=entry.failure)
        self._jobs[job.id] = job
        if not submit.keep:
            self.forget(job)
            return None
        try:
            self._restore(job, entry)
        except OverpaintError as error:
            self.fail(job, error)
        return job

    def _restore(self, job: Job, entry: Entry) -> None:
        if job.state is JobState.FAILED:
            return
        answer = self._journal.answer(job.id)
        if answer is not None:
            self.finish(job, answer)
        elif job.state is JobState.FINISHED:
            self.fail(job, _damaged())
        elif job.state is JobState.RUNNING and entry.runs >= MAX_RUNS:
            self.fail(job, stopped_again())
        else:
            self._await_pixels(job)

    def _await_pixels(self, job: Job) -> None:
        job.receiving = upload(job.submit, self._journal.folder(job.id))
        if job.receiving.complete:
            self.set_state(job, JobState.QUEUED)
        else:
            job.state = JobState.UPLOADING

    def expired(self, now: float, settings: Settings) -> list[Job]:
        """Jobs that nobody listens to and that are too old, or too large together (``now`` by the journal's clock)."""
        silent = [entry for entry in self._journal.entries() if self._is_left_alone(entry.job)]
        finished = sorted(
            (entry for entry in silent if entry.state is JobState.FINISHED), key=lambda entry: entry.changed
        )
        others = [entry for entry in silent if entry.state in (JobState.UPLOADING, JobState.FAILED)]
        old = [entry.job for entry in finished if now - entry.changed > settings.keep_results_for]
        old += [entry.job for entry in others if now - entry.changed > settings.keep_uploads_for]
        return [self._jobs[job] for job in {*old, *self._too_much(finished, settings.keep_bytes)}]

    def _is_left_alone(self, job: str) -> bool:
        return job in self._jobs and self._jobs[job].listener is None

    def _too_much(self, finished: list[Entry], limit: int) -> list[str]:
        total, beyond = 0, []
        for entry in reversed(finished):
            total += self._journal.stored_bytes(entry.job)
            if total > limit:
                beyond.append(entry.job)
        return beyond


def stopped_again() -> OverpaintError:
    return OverpaintError(
        Code.WORKER_DIED,
        "The server stopped while working on this edit, and again when it tried once more.",
        "Try a smaller selection or another model. “overpaint doctor” says what the log has on it.",
    )


def starved_again() -> OverpaintError:
    return OverpaintError(
        Code.OUT_OF_MEMORY,
        "Memory ran out twice while working on this edit, and the system ended it.",
        "Make the selection or its context smaller, use a smaller model, or close other programs.",
    )


def _damaged() -> OverpaintError:
    return OverpaintError(
        Code.INTERNAL, "The answer of this edit was damaged on the server's disk.", "Run the edit again."
    )
