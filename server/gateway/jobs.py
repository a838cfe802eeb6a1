"""The jobs the gateway knows: what is in memory of them beside what the journal keeps."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from server.gateway.job import MAX_RUNS, OPEN, Job, stopped_again
from server.gateway.settings import GatewaySettings
from server.gateway.tally import Tally
from server.gateway.transfers import upload, upload_on
from server.journal import Begun, Blobs, DamagedError, Entry, Journal, Made, Then
from server.listening.peers import Peer, party
from server.wire.errors import Code, OverpaintError
from server.wire.messages import Failed, Finished, JobState, Submit

log = logging.getLogger(__name__)

_REMEMBERED = 1000


class JobTable:
    """Finds, keeps and forgets jobs. Whoever is not a job's client does not learn that it exists.

    What an earlier server left (``load``) is read bit by bit (``load_more``), or as soon as it is asked for.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._jobs: dict[str, Job] = {}
        self._unread: dict[str, tuple[int, Entry]] = {}
        self._of_client: dict[str, dict[str, Job]] = {}
        self._heard_by: dict[Peer, dict[str, Job]] = {}
        self._gone: deque[tuple[str, str]] = deque(maxlen=_REMEMBERED)
        self._ready: Callable[[Job], None] = _ignore
        self._number = 0
        self.tally = Tally()

    def __iter__(self) -> Iterator[Job]:
        self.load_more(len(self._unread))
        return iter(list(self._jobs.values()))

    def find(self, job: str, client: str) -> Job | None:
        found = self.get(job)
        return found if found is not None and found.client == client and not found.given_up else None

    def get(self, job: str) -> Job | None:
        self._read(job)
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

    def of(self, client: str) -> list[Job]:
        """This client's jobs, in the order in which they came."""
        for job in [job for job, (_, entry) in self._unread.items() if entry.client == client]:
            self._read(job)
        mine = self._of_client.get(client, {})
        return sorted((job for job in mine.values() if not job.given_up), key=lambda job: job.number)

    def heard_by(self, peer: Peer) -> list[Job]:
        return list(self._heard_by.get(peer, {}).values())

    def listen(self, job: Job, peer: Peer | None) -> None:
        """``peer`` hears of the job from now on, and whoever did so far no more."""
        if job.listener is not None:
            before = self._heard_by.get(job.listener, {})
            before.pop(job.id, None)
            if not before:
                self._heard_by.pop(job.listener, None)
        job.listener = peer
        if peer is not None:
            self._heard_by.setdefault(peer, {})[job.id] = job

    def just_gone(self, job: str, client: str) -> bool:
        """Whether this client's job was forgotten a short while ago: chunks for it may still be on their way."""
        return (job, client) in self._gone

    def taken(self, job: str) -> bool:
        """Whether the id belongs to a job, whoever's it is."""
        return job in self._jobs or job in self._unread

    def being_given_up(self, job: str, client: str) -> bool:
        """Whether this client's job ends as soon as its worker lets go of it."""
        found = self._jobs.get(job)
        return found is not None and found.client == client and found.given_up

    def add(self, submit: Submit, client: str, then: Then) -> Job:
        """``then``: as ``Journal.make`` has it."""
        self._number += 1
        receiving = upload(submit, self._journal.folder(submit.job))
        entry = self._journal.add(client, submit)
        job = Job(submit, entry, receiving=receiving, making=True, number=self._number)
        self._journal.make(client, submit, self._made(job, then))
        self._enter(job)
        if self.just_gone(job.id, client):
            self._gone.remove((job.id, client))
        return job

    def name(self, job: Job, submit: Submit, then: Then) -> None:
        """Its client says more of what its pixels are, or some that are the same have come: what is kept of them need
        not be sent. ``then``: as for ``add``."""
        job.submit, job.making = replace(job.submit, blobs=submit.blobs), True
        self._journal.make(job.client, job.submit, self._made(job, then))

    def _made(self, job: Job, then: Then) -> Made:
        def made(error: OverpaintError | None, begun: Begun) -> None:
            job.making = False
            if error is None and begun.answer is not None and self._jobs.get(job.id) is job:
                self.finish(job, begun.answer)
            elif error is None and job.receiving is not None:
                job.receiving = upload_on(job.submit, self._journal.folder(job.id), begun.here)
                self._count(job)
            then(error)

        return made

    def resembles(self, job: Job) -> bool:
        """Whether pixels of the size of its own are kept, or being sent beside it: they may be the same."""
        kept = any(self._journal.blobs.keeps(job.client, blob.nbytes) for blob in job.pictures)
        return kept or self.may_come_with_another(job)

    def may_come_with_another(self, job: Job) -> bool:
        """Whether an earlier job of the same session brings, just now, what may be the same pixels."""
        return any(
            other.state is JobState.UPLOADING and other.number < job.number and other.may_share_with(job)
            for other in (self.heard_by(job.listener) if job.listener is not None else ())
        )

    def took(self, job: Job) -> None:
        """Some of its pixels have come."""
        self._count(job)

    def set_state(self, job: Job, state: JobState) -> None:
        job.entry, job.receiving = self._journal.set_state(job.id, state), None
        self._count(job)

    def keep(self, job: Job) -> None:
        """It outlives its client after all."""
        job.submit = replace(job.submit, keep=True)
        self._journal.put_request(job.client, job.submit)

    def begin_run(self, job: Job) -> None:
        job.entry, job.place = self._journal.begin_run(job.id), None
        self._count(job)

    def return_run(self, job: Job) -> None:
        """As ``Journal.return_run`` has it."""
        job.entry = self._journal.return_run(job.id)

    def finish(self, job: Job, finished: Finished) -> None:
        job.entry = self._journal.finish(job.id, job.submit)
        self._has_answer(job, finished)
        self._journal.remember(job.client, job.submit, finished)

    def fail(self, job: Job, error: OverpaintError) -> Failed:
        failure = Failed.of(job.id, error)
        self._give_up_blobs(job, error)
        job.entry, job.checking = self._journal.fail(failure), False
        job.receiving = job.progress = job.finished = None
        self._count(job)
        return failure

    def forget(self, job: Job, then: Then | None = None) -> None:
        """``then``: as ``Journal.forget`` has it."""
        self._journal.forget(job.id, then)
        self.listen(job, None)
        self._jobs.pop(job.id, None)
        mine = self._of_client.get(job.client, {})
        mine.pop(job.id, None)
        if not mine:
            self._of_client.pop(job.client, None)
        self.tally.drop(job.id)
        self._gone.append((job.id, job.client))

    # --- beginnings and ends ------------------------------------------------------------------------

    def load(self, ready: Callable[[Job], None]) -> None:
        """Takes up what an earlier server left. ``ready`` is called for each job that is to be queued, oldest first,
        when its pixels have been looked at."""
        self._ready = ready
        entries = self._journal.entries()
        self._unread = {entry.job: (number, entry) for number, entry in enumerate(entries)}
        self._number = len(entries)
        for entry in entries:
            if entry.state in OPEN:
                self._read(entry.job)

    def load_more(self, count: int) -> bool:
        """Reads so many of the jobs that nobody has asked for yet; False when there are none left."""
        for job in list(islice(self._unread, count)):
            self._read(job)
        return bool(self._unread)

    def _read(self, job: str) -> None:
        unread = self._unread.pop(job, None) if self._unread else None
        if unread is not None:
            self._take_up(*unread)

    def _take_up(self, number: int, entry: Entry) -> None:
        try:
            submit = self._journal.request(entry.job)
        except (IsADirectoryError, OverpaintError) as error:
            self._journal.set_aside(entry.job, error)
            return
        except OSError as error:
            log.error("job %s is not readable now (%s); the next start tries again", entry.job, error)
            return
        job = Job(submit, entry, number=number)
        self._enter(job)
        if not submit.keep:
            self.forget(job)
            return
        try:
            self._restore(job)
        except OverpaintError as error:
            self.fail(job, error)
        self._count(job)

    def _restore(self, job: Job) -> None:
        if job.state is JobState.FAILED and job.failure is not None:
            return
        answer = self._journal.answer(job.id)
        if answer is not None and job.state is JobState.FINISHED:
            self._has_answer(job, answer)
        elif answer is not None:
            self.finish(job, answer)
        elif job.state is JobState.FINISHED:
            self.fail(job, DamagedError("The answer"))
        elif job.state is JobState.RUNNING and job.entry.runs >= MAX_RUNS:
            self.fail(job, stopped_again())
        else:
            self._await_pixels(job)

    def _await_pixels(self, job: Job) -> None:
        job.checking = True

        def then(here: dict[str, int] | None, named: Submit) -> None:
            job.checking = False
            if self._jobs.get(job.id) is job:
                job.submit = replace(job.submit, blobs=named.blobs)
                self._checked(job, here)

        self._journal.check_uploads(job.client, job.submit, then)

    def _checked(self, job: Job, here: dict[str, int] | None) -> None:
        if here is None:
            self.fail(job, DamagedError("What was sent"))
            return
        receiving = upload_on(job.submit, self._journal.folder(job.id), here)
        if receiving.complete:
            self.set_state(job, JobState.QUEUED)
            self._ready(job)
        else:
            self.set_state(job, JobState.UPLOADING)
            job.receiving = receiving
            self._count(job)

    def sweep(self, now: float, settings: GatewaySettings) -> Iterator[Job | None]:
        """All jobs that an earlier server or this one has kept, the oldest first: each that nobody listens to and that
        is too old, or too large together with what came after it, else None (``now`` by the journal's clock)."""
        for entry in sorted(self._journal.entries(), key=lambda entry: entry.changed):
            job = self._jobs.get(entry.job)
            gone = job is not None and job.listener is None and self._is_too_much(entry, now - entry.changed, settings)
            yield job if gone else None

    def _is_too_much(self, entry: Entry, age: float, settings: GatewaySettings) -> bool:
        if entry.state is JobState.FINISHED:
            return age > settings.keep_results_for or self.tally.all.answer > settings.keep_bytes
        return entry.state in (JobState.UPLOADING, JobState.FAILED) and age > settings.keep_uploads_for

    # --- inside -------------------------------------------------------------------------------------

    def _give_up_blobs(self, job: Job, error: OverpaintError) -> None:
        """A full disk is cleared of what is only kept for later; what may have failed for its pixels is sent anew."""
        if error.code is Code.DISK_FULL:
            self._journal.with_blobs(Blobs.clear)
        elif error.code in (Code.INTERNAL, Code.WORKER_DIED):
            self._journal.distrust(job.client, job.submit)

    def _enter(self, job: Job) -> None:
        self._jobs[job.id] = job
        self._of_client.setdefault(job.client, {})[job.id] = job
        self._count(job)

    def _count(self, job: Job) -> None:
        self.tally.put(job.id, party(job.client), job.share)

    def _has_answer(self, job: Job, finished: Finished) -> None:
        job.finished, job.progress, job.receiving = finished, None, None
        self._count(job)


def _ignore(job: Job) -> None: ...
