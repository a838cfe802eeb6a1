"""What the table is owed: changes wait here until the disk takes them."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path

from server.journal.clock import Mark
from server.journal.entry import Entry
from server.journal.table import Table, is_broken, set_aside

log = logging.getLogger(__name__)


class TableWriter:
    """``owe`` may be called on any thread; after ``open`` the others are the scribe's, and ``close`` comes when that
    has ended. entries: all jobs in memory, from which a table that broke, or went, is made anew."""

    def __init__(self, path: Path, entries: Mapping[str, Entry]) -> None:
        self._path, self._entries = path, entries
        self._owing = threading.Lock()
        self._owed: dict[str, Entry | None] = {}  # in the order in which they came
        self._table: Table | None = None

    def open(self) -> list[Entry]:
        """What the table has; nothing where it cannot be opened."""
        try:
            self._table = Table(self._path)
            return self._table.entries()
        except (OSError, sqlite3.Error) as error:
            log.error("the journal cannot be opened (%s): jobs are kept in the spool alone", error)
            return []

    def close(self) -> None:
        if self._table is not None:
            self._table.close()
            self._table = None

    def mark(self) -> Mark | None:
        return self._table.mark() if self._table is not None else None

    def put_mark(self, mark: Mark) -> None:
        if self._table is not None and self._table.there:
            self._table.put_mark(mark)

    def owe(self, job: str, entry: Entry | None) -> None:
        """The job stands like this now; None: it is none any more."""
        with self._owing:
            self._owed[job] = entry

    def write(self) -> None:
        """Writes what is owed, or some time later."""
        try:
            if self._table is not None and not self._table.there:
                self._lose_table("its files were moved or deleted")
            self._write_owed()
        except (OSError, sqlite3.Error) as error:
            if not is_broken(error, self._path):
                log.error("the journal cannot be written at the moment: %s", error)
                return
            self._lose_table(str(error))
            set_aside(self._path, error)
            self._write_owed()

    def _write_owed(self) -> None:
        with self._owing:
            owed = dict(self._owed)
        if not owed:
            return
        if self._table is None:
            self._table = Table(self._path)
        self._table.write(owed)
        with self._owing:
            for job in [job for job, entry in owed.items() if self._owed.get(job) is entry]:
                self._owed.pop(job, None)

    def _lose_table(self, why: str) -> None:
        log.error("the journal is made anew from memory: %s", why)
        self.close()
        with self._owing:
            self._owed = {**self._entries, **self._owed}
