"""How a selection that is still on its way is to combine with the one that is there: kept on disk, for a GIMP that ends
before it comes. No gi."""

from __future__ import annotations

import json
from pathlib import Path

from server.client.combining import Combining
from server.wire.files import private_folder, write_private

FILE_NAME = "gimp-selections.json"

MOST = 50
"""Older ones are dropped: the server does not keep answers for ever."""


class PendingSelections:
    """folder: where the file is. Raises ``OSError`` where it cannot be written. What another program has made of the
    file is nothing."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def add(self, job: str, how: Combining) -> None:
        self._write({**self._stored(), job: how.value})

    def of(self, job: str) -> Combining:
        """As it was asked for; in place of the other one where that is not known."""
        found = self._stored().get(job)
        return next((how for how in Combining if how.value == found), Combining.REPLACE)

    def drop(self, job: str) -> None:
        """Its selection has come."""
        stored = self._stored()
        if stored.pop(job, None) is not None:
            self._write(stored)

    def _stored(self) -> dict[str, str]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, stored: dict[str, str]) -> None:
        private_folder(self._path.parent)
        write_private(self._path, json.dumps(dict([*stored.items()][-MOST:])))
