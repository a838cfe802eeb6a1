"""Table and spool together: every job in memory, and the same on disk as far as the disk allows.

A new job is on disk before it is accepted, and so are its pixels and its answer. What the table adds (where a job
stands, how often it was begun, why it failed) is written down when the disk lets us: a full disk or a broken table
stops nobody's edit. What could not be written is owed, and written by a later ``settle``.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from server.journal.clock import KeptTime
from server.journal.disk import disk_errors
from server.journal.entry import Entry
from server.journal.spool import Spool
from server.journal.table import Table, is_broken, set_aside
from server.wire.errors import OverpaintError
from server.wire.messages import Failed, Finished, JobState, Submit

log = logging.getLogger(__name__)


class Journal:
    """Raises ``OverpaintError`` (disk-full, internal) where the spool cannot be used."""

    def __init__(self, home: Path, system_clock: Callable[[], float] = time.time) -> None:
        self._path = home / "journal.sqlite"
        self._system_clock = system_clock
        self._owed: dict[str, None] = {}  # in the order in which they came
        self._table: Table | None = None
        with disk_errors():
            self._spool = Spool(home / "spool")
            self._open_table()
            self.clock = KeptTime(self._table.mark() if self._table is not None else None, system_clock)
            self._entries: dict[str, Entry] = {}
            self._agree(self._table.entries() if self._table is not None else [])
        self.settle()

    def close(self) -> None:
        if self._table is not None:
            self.settle()
            self._table.close()
            self._table = None

    def folder(self, job: str) -> Path:
        return self._spool.folder(job)

    def free_bytes(self) -> int:
        with disk_errors():
            return self._spool.free_bytes()

    # --- one job's life ---------------------------------------------------------------------------

    def add(self, client: str, submit: Submit) -> None:
        """A new job in state UPLOADING; on disk, or nothing of it is left and ``OverpaintError`` is raised."""
        with disk_errors():
            self._spool.add(submit, client)
        self._put(Entry.of(submit, client, JobState.UPLOADING, self._system_clock(), self.clock.now))

    def put_request(self, client: str, submit: Submit) -> None:
        """What is asked of a job there is has changed."""
        self._tolerate(lambda: self._spool.put_request(submit, client))

    def set_state(self, job: str, state: JobState) -> None:
        self._change(job, state=state)

    def begin_run(self, job: str) -> None:
        """The job is RUNNING, once more; what an earlier run left of an answer goes."""
        self._tolerate(lambda: self._spool.remove_answer(job))
        self._change(job, state=JobState.RUNNING, runs=self.runs(job) + 1)

    def return_run(self, job: str) -> None:
        """The job is QUEUED again and the run that was begun does not count: the server ended in good order."""
        self._change(job, state=JobState.QUEUED, runs=self.runs(job) - 1)

    def runs(self, job: str) -> int:
        return self._entries[job].runs

    def finish(self, job: str, submit: Submit) -> None:
        """The answer is whole; what it was made from goes."""
        self._change(job, state=JobState.FINISHED)
        self._tolerate(lambda: self._spool.remove_uploads(job, submit))

    def fail(self, failure: Failed) -> None:
        """The job is FAILED; its pixels are removed, the reason is kept."""
        self._tolerate(lambda: self._spool.remove_pixels(failure.job))
        self._change(failure.job, state=JobState.FAILED, failure=failure)

    def forget(self, job: str) -> None:
        """Nothing of the job is left."""
        self._tolerate(lambda: self._spool.remove(job))
        self._entries.pop(job, None)
        self._write(job)

    def set_aside(self, job: str, why: Exception) -> None:
        """The job cannot be read: it is none any more, but its folder is kept elsewhere."""
        self._tolerate(lambda: self._spool.set_aside(job, why))
        self._entries.pop(job, None)
        self._write(job)

    def settle(self) -> None:
        """Writes what is owed; a table that broke meanwhile is set aside and written anew. Call it now and then."""
        try:
            if self._table is None:
                self._open_table()
            if self._table is not None:
                for job in list(self._owed):
                    self._write_to(self._table, job)
                self._table.put_mark(self.clock.mark)
        except sqlite3.Error as error:
            if is_broken(error):
                self._begin_table_anew(error)
            else:
                log.error("the journal cannot be written at the moment: %s", error)

    # --- reading ----------------------------------------------------------------------------------

    def entries(self) -> list[Entry]:
        """All jobs, in the order in which they came."""
        return list(self._entries.values())

    def request(self, job: str) -> Submit:
        """Raises ``OverpaintError`` for one that cannot be understood, ``OSError`` where the disk does not give it."""
        return self._spool.request(job)[0]

    def answer(self, job: str) -> Finished | None:
        """The job's answer when all of it is there."""
        with disk_errors():
            return self._spool.answer(job)

    def stored_bytes(self, job: str) -> int:
        with disk_errors():
            return self._spool.stored_bytes(job)

    # --- inside -----------------------------------------------------------------------------------

    def _change(self, job: str, *, state: JobState, **values: Any) -> None:
        entry = self._entries[job]
        changed = entry.changed if state is entry.state else self.clock.now
        self._put(replace(entry, state=state, changed=changed, **values))

    def _put(self, entry: Entry) -> None:
        self._entries[entry.job] = entry
        self._write(entry.job)

    def _write(self, job: str) -> None:
        self._owed[job] = None
        if self._table is None:
            return
        try:
            self._write_to(self._table, job)
        except sqlite3.Error as error:
            log.error("job %s is not in the journal yet: %s", job, error)

    def _write_to(self, table: Table, job: str) -> None:
        entry = self._entries.get(job)
        if entry is None:
            table.remove(job)
        else:
            table.put(entry)
        self._owed.pop(job, None)

    def _tolerate(self, change: Callable[[], None]) -> None:
        """Pixels that cannot be removed now are found at the next start."""
        try:
            change()
        except OSError as error:
            log.error("the spool could not be tidied: %s", error)

    def _open_table(self) -> None:
        try:
            self._table = Table(self._path)
        except (OSError, sqlite3.Error) as error:
            log.error("the journal cannot be opened (%s): jobs are kept in the spool alone", error)

    def _begin_table_anew(self, error: sqlite3.Error) -> None:
        if self._table is not None:
            self._table.close()
            self._table = None
        self._tolerate(lambda: set_aside(self._path, error))
        self._open_table()
        self._owed.update(dict.fromkeys(self._entries))

    def _agree(self, known: list[Entry]) -> None:
        """The jobs are those that lie in the spool; where the table does not know one it is adopted, oldest first."""
        present = set(self._spool.jobs())
        self._entries.update((entry.job, entry) for entry in known if entry.job in present)
        self._owed.update(dict.fromkeys(entry.job for entry in known if entry.job not in present))
        for job in sorted(present - self._entries.keys(), key=self._spool.created):
            self._adopt(job)

    def _adopt(self, job: str) -> None:
        try:
            submit, client = self._spool.request(job)
        except OverpaintError as error:
            self.set_aside(job, error)
        except OSError as error:
            log.error("the request of job %s is not readable now (%s); the next start tries again", job, error)
        else:
            state = JobState.UPLOADING if self._spool.answer(job) is None else JobState.FINISHED
            self._entries[job] = Entry.of(submit, client, state, self._spool.created(job), self.clock.now)
            self._owed[job] = None
