"""The folders of the jobs: what was uploaded, and the answer until it is acknowledged.

A job's folder holds ``request.json`` (its ``Submit`` and client), the uploaded blobs, their digests where the client
did not say them (``named.json``), and the answer: ``result-0``,
``result-1``, … and, written last, ``result.json`` (its ``Finished``). A job exists as long as its ``request.json``, and
as long as its folder bears its name: what is removed gets another name first, in one step.
"""

from __future__ import annotations

import logging
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from server.journal.checked import (
    CheckedFile,
    DamagedError,
    digest_of,
    is_plain,
    read_sealed,
    sums_of,
    write_sealed,
)
from server.journal.disk import unused
from server.wire import codec, uploads
from server.wire.errors import Code, OverpaintError
from server.wire.files import private_folder, sync_file, sync_folder
from server.wire.messages import Blob, Finished, Submit

log = logging.getLogger(__name__)

REQUEST = "request.json"
RESULT = "result.json"
NAMED = "named.json"

_ANSWER = re.compile(r"result-\d{1,4}")
_REMOVED = ".removed-"


@dataclass(frozen=True)
class Owner:
    """The one field of ``request.json`` that is not in its ``Submit``."""

    client: str


@dataclass(frozen=True)
class Named:
    """What is in ``named.json``: the blobs with their digests, where the request does not say them."""

    blobs: tuple[Blob, ...]


@dataclass(frozen=True)
class Begun:
    """What there is of a job when it begins: so many bytes of each blob, and perhaps its answer."""

    here: dict[str, int] = field(default_factory=dict)
    answer: Finished | None = None


Lend = Callable[[Blob, Path], bool]
Recall = Callable[[Path], "Finished | None"]


class Spool:
    """Raises ``OSError`` for what the disk refuses, ``OverpaintError`` for a request or answer that cannot be read.
    Whatever was put in the spool's place, or took it away, while the server runs: it is there again when it is needed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._making = threading.Lock()
        self._ready()

    def folder(self, job: str) -> Path:
        return self._path / job

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._ready()).free

    def jobs(self) -> Iterator[str]:
        """Names of the folders; what is left of a job that was being forgotten is removed on the way."""
        for folder in sorted(self._path.iterdir()):
            if not folder.name.startswith(_REMOVED) and _exists(folder / REQUEST):
                yield folder.name
            else:
                remove_tree(folder)

    def make(self, submit: Submit, client: str, lend: Lend, recall: Recall = lambda folder: None) -> Begun:
        """The job's folder, with places for its pixels, and its request; on the disk when it returns. ``lend`` and
        ``recall`` put there what is known of its pixels and of its answer."""
        self._ready()
        folder = private_folder(self.folder(submit.job))
        here = {blob.name: self._begin(blob, folder / blob.name, lend) for blob in submit.blobs}
        answer = recall(folder)
        self.put_request(submit, client)
        return Begun(here, answer)

    def _begin(self, blob: Blob, path: Path, lend: Lend) -> int:
        if lend(blob, path):
            return blob.nbytes
        CheckedFile(path, blob.nbytes).make()
        return 0

    def put_request(self, submit: Submit, client: str) -> None:
        """In place of what was asked before, whole or not at all; on the disk, with the job's folder, when it
        returns."""
        folder = self.folder(submit.job)
        write_sealed(folder / REQUEST, codec.to_text(submit, client=client))
        sync_folder(folder)
        sync_folder(self._path)

    def sync_uploads(self, submit: Submit) -> None:
        """What was uploaded is on the disk when it returns."""
        folder = self.folder(submit.job)
        for blob in submit.blobs:
            sync_file(folder / blob.name)
            sync_file(sums_of(folder / blob.name))
        sync_folder(folder)

    def name_uploads(self, submit: Submit, known: Lend) -> Submit:
        """With the digests of all that was uploaded, which are kept beside it for the worker. ``known``: what need not
        be looked at again. Raises ``OverpaintError`` (bad-request) for bytes that are not those that were announced."""
        folder = self.folder(submit.job)
        named = replace(submit, blobs=tuple(_named(blob, folder / blob.name, known) for blob in submit.blobs))
        if named != submit:
            write_sealed(folder / NAMED, codec.to_text(Named(named.blobs)))
        return named

    def sound_uploads(self, submit: Submit) -> dict[str, int]:
        """How many bytes of each blob are here as they were sent; the others are to be sent again."""
        return {blob.name: self._sound(CheckedFile(self.folder(submit.job) / blob.name, blob.nbytes))
                for blob in submit.blobs}  # fmt: skip

    def request(self, job: str) -> tuple[Submit, str]:
        """What was asked, and whose it is."""
        text = read_sealed(self.folder(job) / REQUEST, "The request")
        submit, owner = codec.from_text(Submit, text, REQUEST), codec.from_text(Owner, text, REQUEST)
        if submit.job != job or not {blob.name for blob in submit.blobs} <= uploads.NAMES:
            raise OverpaintError(Code.BAD_REQUEST, f"The folder of job {job} holds a request that is not its own.")
        return submit, owner.client

    def created(self, job: str) -> float:
        try:
            return (self.folder(job) / REQUEST).stat().st_mtime
        except OSError:  # it has just gone: whoever reads the request will say so
            return 0.0

    def answer(self, job: str) -> Finished | None:
        """The answer when all of it is there, as far as sizes tell; each block is looked at when it is read."""
        folder = self.folder(job)
        try:
            finished = codec.from_text(Finished, read_sealed(folder / RESULT, "The answer"), RESULT)
            whole = all(
                _ANSWER.fullmatch(result.blob)
                and is_plain(folder / result.blob)
                and (folder / result.blob).stat().st_size == result.raster.nbytes
                for result in finished.results
            )
        except FileNotFoundError:
            return None
        except (IsADirectoryError, NotADirectoryError, OverpaintError) as error:
            log.error("the answer of job %s cannot be read: %s", job, error)
            return None
        return finished if whole and finished.job == job else None

    def remove_answer(self, job: str) -> None:
        """Also a part of one. Its ``result.json`` goes first, so that nothing ever looks whole that is not."""
        _remove(self.folder(job) / RESULT)
        for path in self.folder(job).glob("result-*"):
            _remove(path)

    def remove_uploads(self, job: str, submit: Submit) -> None:
        """The answer is there: what it was made from is no longer needed here."""
        _remove(self.folder(job) / NAMED)
        for blob in submit.blobs:
            _remove(self.folder(job) / blob.name)
            _remove(sums_of(self.folder(job) / blob.name))

    def remove_pixels(self, job: str) -> None:
        """Uploads and answers go, the request stays."""
        for path in self.folder(job).glob("*"):
            if path.name != REQUEST:
                _remove(path)

    def take_out(self, job: str) -> Path:
        """The job is none any more, at once; its folder, under the name that is returned, is still to be removed."""
        place = self._path / f"{_REMOVED}{job}-{time.time_ns():x}"
        try:
            self.folder(job).replace(place)
        except FileNotFoundError:
            pass
        except OSError as error:  # a file of it is open, on Windows
            log.error("the folder of job %s cannot be moved (%s)", job, error)
            _remove(self.folder(job) / REQUEST)
            return self.folder(job)
        return place

    def sync(self) -> None:
        """Which jobs there are is on the disk when it returns."""
        sync_folder(self._ready())

    def set_aside(self, job: str, why: Exception) -> None:
        """What cannot be read (a newer version's, perhaps) is moved out of the way, never deleted."""
        log.error("the request of job %s cannot be read (%s); its folder is kept in “broken”", job, why)
        self._move_out(self.folder(job))

    def _move_out(self, path: Path) -> None:
        path.replace(unused(private_folder(self._path.with_name("broken")) / path.name))

    def _ready(self) -> Path:
        with self._making:  # two threads may miss it at once
            if self._path.is_symlink() or not self._path.is_dir():
                if _exists(self._path):
                    log.error("there is no folder at %s: what is there is kept in “broken”", self._path)
                    self._move_out(self._path)
                private_folder(self._path)
        return self._path

    @staticmethod
    def _sound(file: CheckedFile) -> int:
        try:
            return file.sound()
        except OSError as error:
            raise DamagedError("A part") from error


def _named(blob: Blob, path: Path, known: Lend) -> Blob:
    if not blob.nbytes or known(blob, path):
        return blob
    digest = digest_of(path)
    if blob.digest not in ("", digest):
        raise OverpaintError(
            Code.BAD_REQUEST,
            "The pixels that came are not those that were announced.",
            "They changed while they were sent. Run the edit again.",
        )
    return replace(blob, digest=digest)


def remove_tree(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except (IsADirectoryError, PermissionError):  # a folder in a file's place
        remove_tree(path)


def _exists(path: Path) -> bool:
    """Whether there is anything of this name, be it a link that leads nowhere."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
