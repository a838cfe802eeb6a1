"""The machines that were let in: their keys, with a name for each, in a file that the server looks at ever again."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import keys
from .errors import Code, OverpaintError
from .files import LockFile, private_folder, write_private

log = logging.getLogger(__name__)

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")
_PATIENCE_S = 5.0


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
    return Guest(key, name.strip()) if keys.is_key(key) else None


def _lines(home: Path) -> list[str]:
    try:
        return guests_file(home).read_text(encoding="utf-8", errors="replace").splitlines()
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


class Guests:
    """The list as it is now. Asking costs a look at the file's date: whoever is taken off it is out at once."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._own = ""
        self._seen: tuple[int, int, int] | None = None
        self._keys: frozenset[str] = frozenset()
        self._turned_out: set[str] = set()

    def admits(self, key: str) -> bool:
        """Also this user's own key."""
        self._look()
        self._own = self._own or keys.client_keys(self._home).public
        return key in self._keys or key == self._own

    def turned_out(self) -> set[str]:
        """The keys that were taken off the list since the last call."""
        self._look()
        gone, self._turned_out = self._turned_out, set()
        return gone

    def _look(self) -> None:
        try:
            status = guests_file(self._home).stat()
            seen = (status.st_mtime_ns, status.st_ino, status.st_size)
        except FileNotFoundError:
            seen = (0, 0, 0)
        if seen == self._seen:
            return
        try:
            found = frozenset(guest.key for guest in listed(self._home))
        except OSError as error:  # it is looked at again with the next change
            log.warning("the list of those let in cannot be read (%s): the last one holds", error.strerror)
            found = self._keys
        self._turned_out |= self._keys - found
        self._seen, self._keys = seen, found
