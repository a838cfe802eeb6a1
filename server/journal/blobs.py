"""Pixels that were sent, kept for a while under the name of their content, so that they need not be sent again.

Each owner has a place of its own: nobody learns, or gets, what somebody else has sent. A blob is a second name (a hard
link) for a file of the job that brought it, and for a file of each job that uses it again: it takes its room once, was
synced before it was kept, and has its checksums. A file system without hard links keeps nothing. Whatever is missing
here is sent again: nothing depends on it.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from server.journal.checked import sums_of
from server.journal.spool import remove_tree
from server.wire import content
from server.wire.files import private_folder
from server.wire.messages import Blob

log = logging.getLogger(__name__)

_OWN = "own"
_MOST_EACH = 256
"""Blobs of one owner: many small ones must not make the folder slow."""


@dataclass(frozen=True)
class Keeping:
    """How much is kept. seconds: since it was last used. nbytes_each: of one owner; nbytes: of all. free: bytes that
    stay free on the disk, whatever is given up for it."""

    seconds: float = 3600.0
    nbytes_each: int = 2 << 30
    nbytes: int = 8 << 30
    free: int = 512 << 20


@dataclass
class _Kept:
    """used: by the steady clock."""

    nbytes: int
    used: float


class Blobs:
    """``owner``: as the journal keeps it (``KEY name`` for another machine). ``keeps`` may be called on any thread and
    never waits; the others work on the disk, and raise ``OSError`` only where they say so."""

    def __init__(self, path: Path, keeping: Keeping) -> None:
        self._path, self._keeping = path, keeping
        self._lock = threading.Lock()
        self._kept: dict[Path, _Kept] = {}  # the one that was used last comes last
        self._sizes: dict[Path, frozenset[int]] = {}
        self._take_stock()

    @property
    def empty(self) -> bool:
        """Never waits either."""
        return not self._kept

    def keeps(self, owner: str, nbytes: int) -> bool:
        """Whether there is any blob of just so many bytes: then it is worth asking what one is called."""
        return nbytes in self._sizes.get(self._place(owner), ())

    def lend(self, owner: str, blob: Blob, path: Path) -> bool:
        """``path`` becomes the blob, whole, if it is here."""
        kept = self._place(owner) / blob.digest
        with self._lock:
            if not content.is_digest(blob.digest) or kept not in self._kept:
                return False
            if _size(kept) == blob.nbytes and _linked(kept, path):
                self._use(kept, blob.nbytes)
                return True
            self._remove(kept)
        return False

    def is_kept(self, owner: str, blob: Blob, path: Path) -> bool:
        """Whether ``path`` is the very file that is kept: it was looked at when it came here."""
        try:
            return bool(blob.digest) and path.samefile(self._place(owner) / blob.digest)
        except OSError:
            return False

    def keep(self, owner: str, blob: Blob, path: Path) -> None:
        """``path`` is on the disk, and its bytes are those of ``blob.digest``."""
        kept = self._place(owner) / blob.digest
        if not blob.nbytes or self.is_kept(owner, blob, path):
            return
        with self._lock:
            self._remove(kept)
            with contextlib.suppress(OSError):
                private_folder(kept.parent)
            if _linked(path, kept):
                self._use(kept, blob.nbytes)
        self._make_room(kept.parent)

    def drop(self, owner: str, blobs: Iterable[Blob]) -> None:
        """They are not to be used again: an edit of them failed, perhaps because they are damaged."""
        with self._lock:
            for blob in blobs:
                self._remove(self._place(owner) / (blob.digest or "-"))

    def forget(self, guest: str) -> None:
        """The machine with this key is not let in any more: what it has sent goes."""
        with self._lock:
            self._clear(self._place_of(guest))

    def clear(self) -> None:
        """The disk is full: all of it goes."""
        with self._lock:
            self._clear(self._path)

    def sweep(self) -> None:
        """What was not used for long goes, and what is too much on a disk that fills."""
        with self._lock:
            now = time.monotonic()
            for kept in [kept for kept, one in self._kept.items() if now - one.used > self._keeping.seconds]:
                self._remove(kept)
        self._make_room(self._path)

    # --- inside ---------------------------------------------------------------------------------------

    def _place(self, owner: str) -> Path:
        guest, _, name = owner.rpartition(" ")
        return self._place_of(guest) / _hashed(name)

    def _place_of(self, guest: str) -> Path:
        return self._path / (_hashed(guest) if guest else _OWN)

    def _take_stock(self) -> None:
        """What an earlier server kept of this user's own hosts. Of other machines nothing outlives a server: they may
        have been turned out meanwhile."""
        now, date = time.monotonic(), time.time()
        found: list[tuple[float, Path, int]] = []
        for place in _inside(self._path):
            if place.name != _OWN:
                remove_tree(place)
        for owner in _inside(self._path / _OWN):
            for path in _inside(owner):
                with contextlib.suppress(OSError):
                    seen = path.stat()
                    if content.is_digest(path.name) and sums_of(path).exists():
                        found.append((now - max(0.0, date - seen.st_mtime), path, seen.st_size))
                    elif not path.name.endswith(".crc"):
                        remove_tree(path)
        for used, path, nbytes in sorted(found):
            self._kept[path] = _Kept(nbytes, used)
        self._note_sizes()

    def _use(self, kept: Path, nbytes: int) -> None:
        self._kept.pop(kept, None)
        self._kept[kept] = _Kept(nbytes, time.monotonic())
        self._note_sizes()

    def _make_room(self, place: Path) -> None:
        """Those go first that were not used for longest: of one owner, then of all."""
        with self._lock:
            own = [kept for kept in self._kept if kept.parent == place]
            self._trim(own, self._keeping.nbytes_each, _MOST_EACH)
            self._trim(list(self._kept), min(self._keeping.nbytes, self._spare()), len(self._kept))

    def _trim(self, kept: list[Path], most: int, count: int) -> None:
        taken = sum(self._kept[one].nbytes for one in kept)
        for number, one in enumerate(kept):
            if taken <= most and len(kept) - number <= count:
                return
            taken -= self._kept[one].nbytes
            self._remove(one)

    def _spare(self) -> int:
        """As much as is kept may stay free beside it: nobody's edit finds a full disk because of what is kept here."""
        try:
            return shutil.disk_usage(self._path).free - self._keeping.free
        except OSError:  # nothing is kept yet
            return 0

    def _remove(self, kept: Path) -> None:
        self._kept.pop(kept, None)
        for path in (kept, sums_of(kept)):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        self._note_sizes()

    def _clear(self, place: Path) -> None:
        for kept in [kept for kept in self._kept if kept.is_relative_to(place)]:
            del self._kept[kept]
        remove_tree(place)
        self._note_sizes()

    def _note_sizes(self) -> None:
        sizes: dict[Path, set[int]] = {}
        for kept, one in self._kept.items():
            sizes.setdefault(kept.parent, set()).add(one.nbytes)
        self._sizes = {place: frozenset(those) for place, those in sizes.items()}


def _linked(path: Path, link: Path) -> bool:
    """``link``, and its checksums, are another name for ``path``; whatever was there is gone."""
    try:
        for source, name in ((sums_of(path), sums_of(link)), (path, link)):
            name.unlink(missing_ok=True)
            os.link(source, name)
    except OSError as error:
        log.debug("%s is not kept: %s", link.name, error)
        for name in (link, sums_of(link)):
            with contextlib.suppress(OSError):
                name.unlink(missing_ok=True)
        return False
    return True


def _inside(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _hashed(name: str) -> str:
    """A folder's name for any name."""
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
