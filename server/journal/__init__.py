"""The jobs on disk, so that none is lost: a table of what stands where (SQLite) and one spool folder per job."""

from __future__ import annotations

from server.journal.disk import disk_errors
from server.journal.entry import Entry
from server.journal.journal import Journal
from server.journal.spool import REQUEST, RESULT, Owner

__all__ = ["REQUEST", "RESULT", "Entry", "Journal", "Owner", "disk_errors"]
