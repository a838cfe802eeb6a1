"""One job's files as whoever does the job uses them: what was sent, and a place for the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from server.journal.checked import DamagedError, read_sealed, read_whole, write_sealed, write_whole
from server.journal.spool import NAMED, REQUEST, RESULT, Named
from server.wire import codec
from server.wire.files import sync_folder
from server.wire.messages import Finished, Submit


@dataclass(frozen=True)
class SpoolFiles:
    """The files of the job in ``folder``, for any process of this machine (``server.workers.runner.JobFiles``)."""

    folder: Path

    @property
    def reference(self) -> str:
        """``SpoolFiles(Path(reference))`` are the same files in another process."""
        return str(self.folder)

    def request(self) -> Submit:
        """With the digests of its blobs. Raises ``DamagedError``, also where there is none any more."""
        try:
            submit = codec.from_text(Submit, read_sealed(self.folder / REQUEST, "The request"), REQUEST)
        except FileNotFoundError as error:
            raise DamagedError("What was sent") from error
        if not (self.folder / NAMED).exists():
            return submit
        named = codec.from_text(Named, read_sealed(self.folder / NAMED, "What was sent"), NAMED)
        return replace(submit, blobs=named.blobs)

    def read(self, blob: str) -> bytes:
        """All of it. Raises ``DamagedError`` when it is not what was sent, or not there."""
        try:
            return read_whole(self.folder / blob, "What was sent")
        except FileNotFoundError as error:
            raise DamagedError("What was sent") from error

    def write(self, blob: str, data: bytes) -> None:
        """A part of the answer; on the disk when it returns."""
        write_whole(self.folder / blob, data)

    def finish(self, finished: Finished) -> None:
        """All parts of the answer are written: from now on there is one, on the disk when this returns."""
        sync_folder(self.folder)
        write_sealed(self.folder / RESULT, codec.to_text(finished))
        sync_folder(self.folder)
