"""The SQLite table of the journal: what a job's folder cannot say."""

from __future__ import annotations

import logging
import os
import sqlite3
from pathlib import Path

from server.journal.clock import Mark
from server.journal.disk import unused
from server.journal.entry import Entry
from server.wire.errors import Code
from server.wire.messages import Failed, JobState

log = logging.getLogger(__name__)

_TABLES = """
CREATE TABLE IF NOT EXISTS jobs (
    job TEXT PRIMARY KEY,
    client TEXT NOT NULL,
    state TEXT NOT NULL,
    method TEXT NOT NULL,
    prompt TEXT NOT NULL,
    created REAL NOT NULL,
    changed REAL NOT NULL,
    runs INTEGER NOT NULL DEFAULT 0,
    code TEXT NOT NULL DEFAULT '',
    sentence TEXT NOT NULL DEFAULT '',
    hint TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS clock (one INTEGER PRIMARY KEY CHECK (one = 1), kept REAL NOT NULL, seen REAL NOT NULL);
"""
_COLUMNS = "job, client, state, method, prompt, created, changed, runs, code, sentence, hint"

_PUT = f"""
INSERT INTO jobs ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)
ON CONFLICT (job) DO UPDATE SET state=excluded.state, changed=excluded.changed, runs=excluded.runs,
code=excluded.code, sentence=excluded.sentence, hint=excluded.hint
"""

_Row = tuple[str, str, str, str, str, float, float, int, str, str, str]


class Table:
    """Every change is on disk when the method returns; raises ``sqlite3.Error`` or ``OSError`` otherwise.

    A file that is no table of ours is set aside under another name, never deleted, and an empty table begun.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._connection = _connect(path)
        except sqlite3.Error as error:
            if not is_broken(error):
                raise
            set_aside(path, error)
            self._connection = _connect(path)

    def entries(self) -> list[Entry]:
        """In the order in which they came; a row that cannot be read is left out."""
        return [entry for row in self._connection.execute(f"SELECT {_COLUMNS} FROM jobs ORDER BY rowid")
                if (entry := _entry(row)) is not None]  # fmt: skip

    def mark(self) -> Mark | None:
        row = self._connection.execute("SELECT kept, seen FROM clock").fetchone()
        return Mark(*row) if row else None

    def put(self, entry: Entry) -> None:
        self._connection.execute(_PUT, _row(entry))

    def remove(self, job: str) -> None:
        self._connection.execute("DELETE FROM jobs WHERE job=?", (job,))

    def put_mark(self, mark: Mark) -> None:
        self._connection.execute("INSERT OR REPLACE INTO clock VALUES (1, ?, ?)", (mark.kept, mark.seen))

    def close(self) -> None:
        self._connection.close()


def set_aside(path: Path, error: sqlite3.Error) -> None:
    """The table and its two companions go under the next free name beside it: ``journal-broken.sqlite`` …"""
    name = unused(path.with_name(f"{path.stem}-broken{path.suffix}"))
    log.error("the journal cannot be read (%s); it is kept as %s and made anew from the spool", error, name)
    for ending in ("", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.replace(name.with_name(name.name + ending))


def is_broken(error: sqlite3.Error) -> bool:
    """The file is no table of ours (any more); not a full disk or wrong permissions, which pass."""
    return type(error) is sqlite3.DatabaseError or "no such column" in str(error)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.executescript(_TABLES)
        connection.execute(f"SELECT {_COLUMNS} FROM jobs").fetchall()
        connection.execute("SELECT kept, seen FROM clock").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    if os.name == "posix":
        path.chmod(0o600)
    return connection


def _row(entry: Entry) -> _Row:
    failure = entry.failure
    reason = (failure.code.value, failure.sentence, failure.hint) if failure is not None else ("", "", "")
    return (
        entry.job, entry.client, entry.state.value, entry.method, entry.prompt,
        entry.created, entry.changed, entry.runs, *reason,
    )  # fmt: skip


def _entry(row: _Row) -> Entry | None:
    job, client, state, method, prompt, created, changed, runs, code, sentence, hint = row
    try:
        failure = Failed(job, Code(code), sentence, hint) if code else None
        return Entry(job, client, JobState(state), method, prompt, created, changed, runs, failure)
    except ValueError as error:
        log.error("job %s stands in the journal in a way this server does not know (%s)", job, error)
        return None
