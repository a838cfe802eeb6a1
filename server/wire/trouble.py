"""What to say for an error of the system, wherever it came up: which file, what is the matter, what helps."""

from __future__ import annotations

import errno

from . import places
from .errors import Code, OverpaintError

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_NOT_YOURS = {errno.EACCES, errno.EPERM, errno.EROFS}
_WINDOWS_FULL = (39, 112)
"""ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL."""


def of_os(error: OSError) -> OverpaintError:
    """``error`` as a sentence with a hint."""
    place = str(error.filename) if error.filename else "A file"
    if error.errno in _FULL or getattr(error, "winerror", None) in _WINDOWS_FULL:
        where = f" ({error.filename})" if error.filename else ""
        return OverpaintError(Code.DISK_FULL, f"The disk is full{where}.", "Free some space, then try again.")
    if error.errno in _NOT_YOURS:
        hint = "Make it yours, or choose a place that is."
        if _is_ours(place):
            hint = "Make it yours, or set OVERPAINT_HOME to a folder of your own."
        return OverpaintError(Code.BAD_REQUEST, f"{place} cannot be used: {error.strerror}.", hint)
    if error.errno == errno.ENAMETOOLONG:
        return OverpaintError(Code.BAD_REQUEST, f"The name {place[:80]}… is too long.", "Choose a shorter one.")
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return OverpaintError(Code.BUSY, "Too many files are open.", "Close some programs, then try again.")
    return OverpaintError(
        Code.BAD_REQUEST, f"{place} cannot be used: {error.strerror or error}.", "Look at it, please."
    )


def _is_ours(place: str) -> bool:
    try:
        return place.startswith(str(places.home()))
    except (OSError, OverpaintError):
        return False
