"""What to say for an error of the system, wherever it came up: which file, what is the matter, what helps."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from .errors import Code, OverpaintError

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_NOT_YOURS = {errno.EACCES, errno.EPERM, errno.EROFS}
_WINDOWS_FULL = (39, 112)
"""ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL."""


_FULL_WORDS = ("No space left on device", "os error 28", "os error 112", "Disk quota exceeded")


def says_full(words: str) -> bool:
    """Whether the words of another program mean that the disk is full."""
    return any(sign in words for sign in _FULL_WORDS)


def of_os(error: OSError, home: Path | None = None) -> OverpaintError:
    """``error`` as a sentence with a hint. home: Overpaint's own folder, which a person can put elsewhere."""
    if isinstance(error, shutil.Error):
        return _of_a_copied_folder(error)
    place = str(error.filename) if error.filename else "A file"
    if error.errno in _FULL or getattr(error, "winerror", None) in _WINDOWS_FULL:
        where = f" ({error.filename})" if error.filename else ""
        return OverpaintError(Code.DISK_FULL, f"The disk is full{where}.", "Free some space, then try again.")
    if error.errno in _NOT_YOURS:
        hint = "Make it yours, or choose a place that is."
        if home is not None and place.startswith(str(home)):
            hint = "Make it yours, or set OVERPAINT_HOME to a folder of your own."
        return OverpaintError(Code.BAD_REQUEST, f"{place} cannot be used: {error.strerror}.", hint)
    if error.errno == errno.ENAMETOOLONG:
        return OverpaintError(Code.BAD_REQUEST, f"The name {place[:80]}… is too long.", "Choose a shorter one.")
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return OverpaintError(Code.BUSY, "Too many files are open.", "Close some programs, then try again.")
    return OverpaintError(
        Code.BAD_REQUEST, f"{place} cannot be used: {error.strerror or error}.", "Look at it, please."
    )


def _of_a_copied_folder(error: shutil.Error) -> OverpaintError:
    """shutil tells of every file that it could not copy, in words only; the first will do."""
    told = (
        error.args[0][0] if error.args and isinstance(error.args[0], list) and error.args[0] else ("", "", str(error))
    )
    if says_full(str(told[2])):
        return of_os(OSError(errno.ENOSPC, "", str(told[1]) or None))
    return OverpaintError(
        Code.BAD_REQUEST, f"{told[1]} cannot be written: {str(told[2])[:200]}.", "Look at that folder."
    )
