"""The jobs on disk, so that none is lost: a table of what stands where (SQLite) and one spool folder per job."""

from __future__ import annotations

from server.journal.blobs import Blobs, Keeping
from server.journal.checked import CheckedFile, DamagedError
from server.journal.disk import disk_errors
from server.journal.entry import Entry
from server.journal.job_files import SpoolFiles
from server.journal.journal import Journal, Made
from server.journal.scribe import Then
from server.journal.spool import REQUEST, RESULT, Begun

__all__ = [
    "REQUEST",
    "RESULT",
    "Begun",
    "Blobs",
    "CheckedFile",
    "DamagedError",
    "Entry",
    "Journal",
    "Keeping",
    "Made",
    "SpoolFiles",
    "Then",
    "disk_errors",
]
