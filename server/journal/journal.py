"""Table and spool together: every job in memory, and the same on disk as far as the disk allows.

What is promised to somebody is on the disk first: a job before it is accepted, its pixels before it is queued, its
answer before it is finished, its end before it is acknowledged. A thread writes it (``scribe``); ``then`` is called
when it is done. What the table adds (where a job stands, how often it was begun, why it failed) is written down when
the disk lets us: a full disk or a broken table stops nobody's edit. What could not be written is owed, and written
later.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from server.journal.answers import RememberedAnswers
from server.journal.blobs import Blobs, Keeping
from server.journal.clock import KeptTime, Mark
from server.journal.disk import disk_errors
from server.journal.entry import Entry
from server.journal.job_files import SpoolFiles
from server.journal.scribe import Scribe, Then, nothing
from server.journal.spool import Begun, Spool, remove_tree
from server.journal.table_writer import TableWriter
from server.wire.errors import OverpaintError
from server.wire.messages import Failed, Finished, JobState, Submit

log = logging.getLogger(__name__)

Made = Callable[["OverpaintError | None", Begun], None]
"""Hears what the disk had against a job, and what is there of it already."""

Checked = Callable[["dict[str, int] | None", Submit], None]


class Journal:
    """Raises ``OverpaintError`` (disk-full, internal) where the spool cannot be used. All methods are called on one
    thread; watch ``scribes`` and call ``hear`` when one of them can be read."""

    def __init__(
        self,
        home: Path,
        system_clock: Callable[[], float] = time.time,
        keeping: Keeping | None = None,
        models: Callable[[], str] = str,
    ) -> None:
        self._system_clock = system_clock
        self._closed = False
        self._entries: dict[str, Entry] = {}
        self._writer = TableWriter(home / "journal.sqlite", self._entries)
        with disk_errors():
            self._spool = Spool(home / "spool")
            known = self._writer.open()
            self.clock = KeptTime(self._mark(known), system_clock)
            self._agree(known)
        self.blobs = Blobs(home / "blobs", keeping or Keeping())
        self._answers = RememberedAnswers(self.blobs, models)
        self._ink = Scribe("journal", self._writer.write)
        self._bulk = Scribe("spool")
        self.scribes = (self._ink, self._bulk)
        self.tend()

    def close(self) -> None:
        """What is asked is written first. Nothing happens the second time."""
        if self._closed:
            return
        self._closed = True
        self.tend()
        for scribe in self.scribes:  # what the first leaves to be done, the second does
            scribe.close()
        self._writer.close()

    def hear(self) -> None:
        """Calls the ``then`` of all that is on the disk by now; never waits."""
        for scribe in self.scribes:
            scribe.hear()

    def settle(self) -> None:
        """Waits until all that was asked is on the disk, as far as it lets us, and heard."""
        self.tend()
        for scribe in 2 * (self._bulk, self._ink):  # each hands on to the other what follows on its own
            scribe.settle()

    def tend(self) -> None:
        """Call it now and then: what is owed is tried again, and the moment noted."""
        self._ink.do(lambda: self._writer.put_mark(self.clock.mark))
        self.with_blobs(Blobs.sweep)

    def folder(self, job: str) -> Path:
        return self._spool.folder(job)

    def files(self, job: str) -> SpoolFiles:
        return SpoolFiles(self._spool.folder(job))

    def free_bytes(self) -> int:
        with disk_errors():
            return self._spool.free_bytes()

    # --- one job's life ---------------------------------------------------------------------------

    def add(self, client: str, submit: Submit) -> Entry:
        """A new job in state UPLOADING; ``make`` makes a place for it."""
        return self._put(Entry.of(submit, client, JobState.UPLOADING, self._system_clock(), self.clock.now))

    def make(self, client: str, submit: Submit, then: Made | None = None) -> None:
        """For a job of which no pixels have come. It may be accepted, and they have a place, when ``then`` hears no
        error; where it does, the job is to be forgotten. What is kept of its pixels is there by then. Once more when it
        says more than before of what they are."""
        lend, recall = partial(self.blobs.lend, client), partial(self._answers.recall, client, submit)
        begun = [Begun()]

        def work() -> None:
            begun.append(self._spool.make(submit, client, lend, recall))

        self._ink.do(work, (lambda error: then(error, begun[-1])) if then is not None else None)

    def put_request(self, client: str, submit: Submit) -> None:
        """What is asked of a job there is has changed."""
        self._ink.do(lambda: self._spool.put_request(submit, client))

    def sync_uploads(self, client: str, submit: Submit, then: Callable[[OverpaintError | None, Submit], None]) -> None:
        """Its pixels are all here: it may be queued when ``then`` hears no error, but what they are called."""
        named = [submit]

        def sync() -> None:
            self._spool.sync_uploads(submit)
            named.append(self._name(client, submit))

        self._bulk.do(sync, lambda error: then(error, named[-1]))

    def check_uploads(self, client: str, submit: Submit, then: Checked) -> None:
        """``then`` hears how many bytes of each blob are as they were sent, and what they are called if all are; None:
        the disk does not give them. What an earlier server's run left of an answer goes."""
        found: dict[str, int] = {}
        named = [submit]

        def check() -> None:
            self._tolerate(lambda: self._spool.remove_answer(submit.job))
            found.update(self._spool.sound_uploads(submit))
            if all(found[blob.name] == blob.nbytes for blob in submit.blobs):
                named.append(self._name(client, submit))

        self._bulk.do(check, lambda error: then(None if error else found, named[-1]))

    def _name(self, client: str, submit: Submit) -> Submit:
        """Looks whether the pixels are what they are called, and keeps them under that name."""
        folder = self._spool.folder(submit.job)
        named = self._spool.name_uploads(submit, lambda blob, path: self.blobs.is_kept(client, blob, path))
        for blob in named.blobs:
            self.blobs.keep(client, blob, folder / blob.name)
        return named

    def remember(self, client: str, submit: Submit, finished: Finished) -> None:
        """Who asks for just the same may have this answer again: at once, and also when the job is forgotten now."""
        self._ink.do(lambda: self._answers.remember(client, submit, finished, self.folder(submit.job)))

    def distrust(self, client: str, submit: Submit) -> None:
        """An edit failed, perhaps because of what was kept for it: that is not used again."""
        self._answers.drop(client)
        self.with_blobs(lambda blobs: blobs.drop(client, submit.blobs))

    def with_blobs(self, work: Callable[[Blobs], object], then: Then | None = None) -> None:
        """``work`` on the pixels that are kept under their names, beside everything else."""
        self._bulk.do(lambda: work(self.blobs), then)

    def when_written(self, then: Then, checked: bool = False) -> None:
        """``then`` is called when all that was asked before is on the disk. checked: when uploads have been checked."""
        (self._bulk if checked else self._ink).do(then=then)

    def set_state(self, job: str, state: JobState) -> Entry:
        return self._change(job, state=state)

    def begin_run(self, job: str) -> Entry:
        """The job is RUNNING, once more; what an earlier run left of an answer goes."""
        runs = self._entries[job].runs
        if runs:
            self._tolerate(lambda: self._spool.remove_answer(job))
        return self._change(job, state=JobState.RUNNING, runs=runs + 1)

    def return_run(self, job: str) -> Entry:
        """The job is QUEUED again and the run that was begun does not count: the server ended in good order."""
        return self._change(job, state=JobState.QUEUED, runs=self._entries[job].runs - 1)

    def finish(self, job: str, submit: Submit) -> Entry:
        """The answer is whole; what it was made from goes."""
        entry = self._change(job, state=JobState.FINISHED)
        self._ink.do(afterwards=lambda: self._if_still(entry, lambda: self._spool.remove_uploads(job, submit)))
        return entry

    def fail(self, failure: Failed) -> Entry:
        """The job is FAILED; the reason is kept, then its pixels are removed."""
        entry = self._change(failure.job, state=JobState.FAILED, failure=failure)
        self._ink.do(afterwards=lambda: self._if_still(entry, lambda: self._spool.remove_pixels(entry.job)))
        return entry

    def forget(self, job: str, then: Then | None = None) -> None:
        """The job is none any more. That it never comes back may be promised when ``then`` is called."""
        if self._entries.pop(job, None) is not None:
            self._writer.owe(job, None)
        self._ink.do(lambda: self._take_out(job), then)

    def set_aside(self, job: str, why: Exception) -> None:
        """The job cannot be read: it is none any more, but its folder is kept elsewhere."""
        self._tolerate(lambda: self._spool.set_aside(job, why))
        self._entries.pop(job, None)
        self._writer.owe(job, None)

    # --- reading ----------------------------------------------------------------------------------

    def entries(self) -> list[Entry]:
        """All jobs, in the order in which they came."""
        return list(self._entries.values())

    def entry(self, job: str) -> Entry | None:
        return self._entries.get(job)

    def request(self, job: str) -> Submit:
        """Raises ``OverpaintError`` for one that cannot be understood, ``OSError`` where the disk does not give it."""
        return self._spool.request(job)[0]

    def answer(self, job: str) -> Finished | None:
        """The job's answer when all of it is there."""
        with disk_errors():
            return self._spool.answer(job)

    # --- inside -----------------------------------------------------------------------------------

    def _change(self, job: str, *, state: JobState, **values: Any) -> Entry:
        entry = self._entries[job]
        changed = entry.changed if state is entry.state else self.clock.now
        return self._put(replace(entry, state=state, changed=changed, **values))

    def _put(self, entry: Entry) -> Entry:
        self._entries[entry.job] = entry
        self._writer.owe(entry.job, entry)
        self._ink.do(nothing)
        return entry

    def _take_out(self, job: str) -> None:
        left = self._spool.take_out(job)
        self._bulk.do(lambda: remove_tree(left))
        self._spool.sync()

    def _if_still(self, entry: Entry, change: Callable[[], None]) -> None:
        """A job of the same name may have been begun anew meanwhile."""
        if self._entries.get(entry.job) is entry:
            self._tolerate(change)

    def _tolerate(self, change: Callable[[], None]) -> None:
        """Pixels that cannot be removed now are found at the next start."""
        try:
            change()
        except OSError as error:
            log.error("the spool could not be tidied: %s", error)

    # --- at the start -------------------------------------------------------------------------------

    def _mark(self, known: list[Entry]) -> Mark | None:
        """Where the mark is lost the clock goes on from the last change: it may have been far behind the system's."""
        mark = self._writer.mark()
        if mark is not None or not known:
            return mark
        return Mark(max(entry.changed for entry in known), self._system_clock())

    def _agree(self, known: list[Entry]) -> None:
        """The jobs are those that lie in the spool; where the table does not know one it is taken in, oldest first."""
        present = set(self._spool.jobs())
        self._entries.update((entry.job, entry) for entry in known if entry.job in present)
        for gone in (entry for entry in known if entry.job not in present):
            self._writer.owe(gone.job, None)
        for job in sorted(present - self._entries.keys(), key=self._spool.created):
            self._take_in(job)

    def _take_in(self, job: str) -> None:
        try:
            submit, client = self._spool.request(job)
        except (IsADirectoryError, OverpaintError) as error:
            self.set_aside(job, error)
        except OSError as error:
            log.error("the request of job %s is not readable now (%s); the next start tries again", job, error)
        else:
            state = JobState.UPLOADING if self._spool.answer(job) is None else JobState.FINISHED
            self._put_first(Entry.of(submit, client, state, self._spool.created(job), self.clock.now))

    def _put_first(self, entry: Entry) -> None:
        self._entries[entry.job] = entry
        self._writer.owe(entry.job, entry)
