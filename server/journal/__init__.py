"""The jobs on disk, so that none is lost: a table of what stands where (SQLite) and one spool folder per job."""

from __future__ import annotations

from server.journal.checked import CheckedFile, DamagedError, read_sealed, read_whole, write_sealed, write_whole
from server.journal.disk import disk_errors
from server.journal.entry import Entry
from server.journal.journal import Journal
from server.journal.scribe import Then
from server.journal.spool import REQUEST, RESULT, Owner

__all__ = [
    "REQUEST",
    "RESULT",
    "CheckedFile",
    "DamagedError",
    "Entry",
    "Journal",
    "Owner",
    "Then",
    "disk_errors",
    "read_sealed",
    "read_whole",
    "write_sealed",
    "write_whole",
]
