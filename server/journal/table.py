"""The SQLite table of the journal: what a job's folder cannot say."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
from collections.abc import Mapping
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
ON CONFLICT (job) DO UPDATE SET client=excluded.client, state=excluded.state, method=excluded.method,
prompt=excluded.prompt, created=excluded.created, changed=excluded.changed, runs=excluded.runs, code=excluded.code,
sentence=excluded.sentence, hint=excluded.hint
"""

SYNCHRONOUS = "FULL"
"""With anything less the last changes, or in a WAL that is being written back the whole table, are lost with the
power."""

_NO_LETTER = "\ufffd"
_NAME = re.compile(r"[0-9a-zA-Z_-]{1,64}")
_LATEST = 1e11
"""Seconds since 1970 that no clock shows."""

_PASSING = ("full", "locked", "readonly", "read-only")
"""What SQLite says when the table is as it should be, and only cannot be written now."""

_Row = tuple[str, str, str, str, str, float, float, int, str, str, str]
_TYPES = (str, str, str, str, str, float, float, int, str, str, str)


class Table:
    """Every change is on disk when the method returns; raises ``sqlite3.Error`` or ``OSError`` otherwise.

    What is no table of ours (another file, a folder, one with wrong pages) is set aside under another name, never
    deleted, and an empty table begun. It may be made in one thread and used in another.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._connection = _connect(path)
        except (OSError, sqlite3.Error) as error:
            if not is_broken(error, path):
                raise
            set_aside(path, error)
            self._connection = _connect(path)
        self._files = self._present()

    @property
    def there(self) -> bool:
        """Whether the files are still those that were opened: SQLite writes on into ones that were deleted."""
        return self._present() == self._files

    def entries(self) -> list[Entry]:
        """In the order in which they came; a row that cannot be read is removed, letters that are none are replaced."""
        rows = self._connection.execute(f"SELECT rowid, {_COLUMNS} FROM jobs ORDER BY rowid").fetchall()
        found = [(number, _entry(row)) for number, *row in rows]
        unreadable = [(number,) for number, entry in found if entry is None]
        if unreadable:
            self._connection.executemany("DELETE FROM jobs WHERE rowid=?", unreadable)
        entries = [entry for _, entry in found if entry is not None]
        self.write({entry.job: entry for entry in entries if _NO_LETTER in entry.prompt})
        return entries

    def mark(self) -> Mark | None:
        row = self._connection.execute("SELECT kept, seen FROM clock").fetchone()
        return Mark(*row) if row and all(isinstance(part, float) and 0 <= part < _LATEST for part in row) else None

    def write(self, changes: Mapping[str, Entry | None]) -> None:
        """All of them or none. None: the job is forgotten."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            gone = [(job,) for job, entry in changes.items() if entry is None]
            self._connection.executemany("DELETE FROM jobs WHERE job=?", gone)
            self._connection.executemany(_PUT, [_row(entry) for entry in changes.values() if entry is not None])
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def put_mark(self, mark: Mark) -> None:
        self._connection.execute("INSERT OR REPLACE INTO clock VALUES (1, ?, ?)", (mark.kept, mark.seen))

    def close(self) -> None:
        try:
            self._connection.close()
        except sqlite3.Error as error:
            log.error("the journal could not be closed: %s", error)

    def _present(self) -> tuple[tuple[int, int], ...]:
        return tuple(_identity(part) for part in _parts(self._path)[:2])


def set_aside(path: Path, error: Exception) -> None:
    """The table and its two companions go under the next free name beside it: ``journal-broken.sqlite`` …"""
    name = unused(path.with_name(f"{path.stem}-broken{path.suffix}"))
    log.error("the journal cannot be read (%s); it is kept as %s and made anew from the spool", error, name)
    for part, kept in zip(_parts(path), _parts(name), strict=True):
        if part.exists() or part.is_symlink():
            part.replace(kept)


def is_broken(error: Exception, path: Path) -> bool:
    """Whether it is about what the table is, not about what the disk takes now."""
    if isinstance(error, OSError) or any(word in str(error) for word in _PASSING):
        return False
    there = [part for part in _parts(path) if part.exists()]
    return "unable to open" not in str(error) or not all(part.is_file() for part in there)


def _parts(path: Path) -> tuple[Path, Path, Path]:
    return path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={SYNCHRONOUS}")
        connection.executescript(_TABLES)
        _check(connection)
    except sqlite3.Error:
        connection.close()
        raise
    if os.name == "posix":
        path.chmod(0o600)
    return connection


def _check(connection: sqlite3.Connection) -> None:
    """Raises ``sqlite3.DatabaseError`` for what this server could not use."""
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    kinds = dict(connection.execute("SELECT name, type FROM sqlite_master WHERE name IN ('jobs', 'clock')"))
    if verdict != "ok" or kinds != {"jobs": "table", "clock": "table"}:
        raise sqlite3.DatabaseError(f"{verdict}, {kinds}")
    connection.execute(f"SELECT {_COLUMNS} FROM jobs LIMIT 1").fetchall()
    connection.execute("SELECT kept, seen FROM clock LIMIT 1").fetchall()


def _row(entry: Entry) -> _Row:
    failure = entry.failure
    reason = (failure.code.value, failure.sentence, failure.hint) if failure is not None else ("", "", "")
    return (
        entry.job, entry.client, entry.state.value, entry.method, entry.prompt,
        entry.created, entry.changed, entry.runs, *reason,
    )  # fmt: skip


def _entry(row: list[object]) -> Entry | None:
    try:
        job, client, state, method, prompt, created, changed, runs, code, sentence, hint = _typed(row)
        failure = Failed(job, Code(code), sentence, hint) if code else None
        return Entry(job, client, JobState(state), method, prompt, created, changed, runs, failure)
    except ValueError as error:
        log.error("a job stands in the journal in a way this server does not know (%s)", error)
        return None


def _typed(row: list[object]) -> _Row:
    """Raises ``ValueError`` for what only damage, or another program, can have written there."""
    if not all(type(value) is kind for value, kind in zip(row, _TYPES, strict=True)):
        raise ValueError("a value of another type")
    found: _Row = tuple(row)  # type: ignore[assignment]  # the line above has looked
    if not _NAME.fullmatch(found[0]):
        raise ValueError("a name that is none")
    if not all(0 <= moment < _LATEST for moment in found[5:7]) or not 0 <= found[7] < 1000:
        raise ValueError("a number out of range")
    return found
