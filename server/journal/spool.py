"""The folders of the jobs: what was uploaded, and the answer until it is acknowledged.

A job's folder holds ``request.json`` (its ``Submit`` and client), the uploaded blobs, and the answer: ``result-0``,
``result-1``, … and, written last, ``result.json`` (its ``Finished``). A job exists as long as its ``request.json``.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from server.journal.disk import unused
from server.wire import codec
from server.wire.errors import OverpaintError
from server.wire.files import private_folder, write_private
from server.wire.messages import Finished, Submit

log = logging.getLogger(__name__)

REQUEST = "request.json"
RESULT = "result.json"


@dataclass(frozen=True)
class Owner:
    """The one field of ``request.json`` that is not in its ``Submit``."""

    client: str


class Spool:
    """Raises ``OSError`` for what the disk refuses, ``OverpaintError`` (bad-request) for a request or answer that
    cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = private_folder(path)

    def folder(self, job: str) -> Path:
        return self._path / job

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._path).free

    def jobs(self) -> Iterator[str]:
        """Names of the folders; what is left of a job that was being forgotten is removed on the way."""
        for folder in sorted(self._path.iterdir()):
            if (folder / REQUEST).exists():
                yield folder.name
            else:
                _remove_tree(folder)

    def add(self, submit: Submit, client: str) -> None:
        """The job's folder with its request; nothing of it is left when that fails."""
        folder = private_folder(self.folder(submit.job))
        try:
            self.put_request(submit, client)
        except OSError:
            _remove_tree(folder)
            raise

    def put_request(self, submit: Submit, client: str) -> None:
        """In place of what was asked before, whole or not at all."""
        write_private(self.folder(submit.job) / REQUEST, codec.to_text(submit, client=client))

    def request(self, job: str) -> tuple[Submit, str]:
        """What was asked, and whose it is."""
        text = (self.folder(job) / REQUEST).read_bytes()
        return codec.from_text(Submit, text, REQUEST), codec.from_text(Owner, text, REQUEST).client

    def created(self, job: str) -> float:
        return (self.folder(job) / REQUEST).stat().st_mtime

    def answer(self, job: str) -> Finished | None:
        """The answer when all of it is there."""
        folder = self.folder(job)
        try:
            finished = codec.from_text(Finished, (folder / RESULT).read_bytes(), RESULT)
            whole = all((folder / layer.blob).stat().st_size == layer.raster.nbytes for layer in finished.layers)
        except FileNotFoundError:
            return None
        except OverpaintError as error:
            log.error("the answer of job %s cannot be read: %s", job, error)
            return None
        return finished if whole else None

    def remove_answer(self, job: str) -> None:
        """Also a part of one. Its ``result.json`` goes first, so that nothing ever looks whole that is not."""
        (self.folder(job) / RESULT).unlink(missing_ok=True)
        for path in self.folder(job).glob("result-*"):
            path.unlink(missing_ok=True)

    def remove_uploads(self, job: str, submit: Submit) -> None:
        """The answer is there: what it was made from is no longer needed."""
        for blob in submit.blobs:
            (self.folder(job) / blob.name).unlink(missing_ok=True)

    def remove_pixels(self, job: str) -> None:
        """Uploads and answers go, the request stays."""
        for path in self.folder(job).glob("*"):
            if path.name != REQUEST:
                path.unlink(missing_ok=True)

    def remove(self, job: str) -> None:
        """The request goes first: a crash in the middle leaves no half job."""
        with contextlib.suppress(OSError):  # a file in the folder's place; what is left is removed at the next start
            (self.folder(job) / REQUEST).unlink(missing_ok=True)
        _remove_tree(self.folder(job))

    def set_aside(self, job: str, why: Exception) -> None:
        """What cannot be read (a newer version's, perhaps) is moved out of the way, never deleted."""
        place = unused(private_folder(self._path.with_name("broken")) / job)
        log.error("the request of job %s cannot be read (%s); its folder is kept as %s", job, why, place)
        self.folder(job).replace(place)

    def stored_bytes(self, job: str) -> int:
        return sum(path.stat().st_size for path in self.folder(job).glob("*"))


def _remove_tree(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
