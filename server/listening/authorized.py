"""The machines that were let in: their keys, with a name for each, in a file that the server looks at ever again."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from server.wire import keys
from server.wire.errors import Code, OverpaintError
from server.wire.files import LockFile, private_folder, read_small, write_private
from server.wire.words import plain

log = logging.getLogger(__name__)

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")
_NAME_LETTERS = 40
_PATIENCE_S = 5.0
_MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class Guest:
    key: str
    name: str


def guests_file(home: Path) -> Path:
    """One a line: the public key, then the name. Another line that begins with ``#`` is a note (a key may, too)."""
    return home / "keys" / "admitted"


def listed(home: Path) -> tuple[Guest, ...]:
    return tuple(guest for line in _lines(home) if (guest := _guest(line)) is not None)


def _guest(line: str) -> Guest | None:
    key, name = (*line.split(maxsplit=1), "", "")[:2]
    return Guest(key, plain(name.strip(), _NAME_LETTERS)) if keys.is_key(key) else None


def _lines(home: Path) -> list[str]:
    """Raises ``OSError`` where there is something that cannot be read."""
    try:
        return read_small(guests_file(home), _MOST_BYTES).decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []


def let_in(home: Path, name: str, public: str) -> None:
    """Raises ``OverpaintError`` (bad-request) for a name that is taken, or none."""
    if not _NAME.fullmatch(name):
        raise OverpaintError(
            Code.BAD_REQUEST, f"“{name[:60]}” cannot be a name.", "Use up to 40 letters, digits, dots and dashes."
        )
    with _writing(home):
        before = listed(home)
        if any(guest.name == name for guest in before):
            raise OverpaintError(
                Code.BAD_REQUEST,
                f"“{name}” is let in already.",
                f"Choose another name, or take its key away first with “overpaint revoke {name}”.",
            )
        _write(home, (*before, Guest(public, name)))


def turn_out(home: Path, name: str) -> None:
    """Raises ``OverpaintError`` (bad-request) when nobody of that name was let in."""
    with _writing(home):
        before = listed(home)
        staying = tuple(guest for guest in before if guest.name != name)
        if len(staying) == len(before):
            known = ", ".join(guest.name for guest in before) or "nobody"
            raise OverpaintError(Code.BAD_REQUEST, f"“{name[:60]}” was not let in.", f"These were: {known}.")
        _write(home, staying)


def _write(home: Path, guests: tuple[Guest, ...]) -> None:
    notes = [line for line in _lines(home) if line.startswith("#") and _guest(line) is None]
    lines = [*notes, *(f"{guest.key} {guest.name}" for guest in guests)]
    write_private(guests_file(home), "".join(f"{line}\n" for line in lines))


@contextlib.contextmanager
def _writing(home: Path) -> Iterator[None]:
    private_folder(guests_file(home).parent)
    lock = LockFile(guests_file(home).with_suffix(".lock"))
    if not lock.take(_PATIENCE_S):
        raise OverpaintError(Code.BUSY, "The list of those let in is just being changed.", "Try again.")
    try:
        yield
    finally:
        lock.release()


class AuthorizedKeys:
    """The list as it is now. Asking costs a look at the file's date: whoever is taken off it is out at once.

    While there is a list that cannot be read, no other machine comes in or stays: one may have been taken off it.
    What they have here is kept until it can be read.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._own = keys.client_keys(home).public
        self._seen: _Stamp | None = None
        self._keys: frozenset[str] = frozenset()
        self._unread: str | None = None
        """Why the list cannot be read now."""
        self._turned_out: set[str] = set()

    def admits(self, key: str) -> bool:
        """Also this user's own key."""
        self._look()
        return key == self._own or (key in self._keys and self._unread is None)

    def turned_out(self) -> set[str]:
        """The keys that were taken off the list since the last call."""
        self._look()
        gone, self._turned_out = self._turned_out, set()
        return gone

    def has_turned_out(self, key: str) -> bool:
        """Whether the key is known to be on the list no more; False while that cannot be known."""
        return not self.admits(key) and self._unread is None

    def _look(self) -> None:
        try:
            seen = _stamp(guests_file(self._home))
            if seen == self._seen:
                return
            found = frozenset(guest.key for guest in listed(self._home))
        except OSError as error:  # it is not noted as seen, so that the next look tries again
            self._close(error)
            return
        self._turned_out |= self._keys - found
        self._seen, self._keys, self._unread = seen, found, None

    def _close(self, error: OSError) -> None:
        self._seen = None
        if self._unread != str(error):
            self._unread = str(error)
            log.error("the list of those let in cannot be read (%s): no other machine is let in until it can", error)


_Stamp = tuple[int, int, int, int]


def _stamp(path: Path) -> _Stamp:
    """Other after any change."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return (0, 0, 0, 0)
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_size)
