"""An exception of an edit as an error for the person who waits for it."""

from __future__ import annotations

from server.models.runtime.shortage import is_shortage
from server.wire.errors import Code, OverpaintError

_LONGEST = 300


def worded(error: Exception) -> OverpaintError:
    """What happened in a sentence; the traceback is for the log."""
    if isinstance(error, OverpaintError):
        return error
    if is_shortage(error):
        return OverpaintError(
            Code.OUT_OF_MEMORY,
            "There is not enough memory for this edit.",
            "Make the selection or its context smaller, use a smaller model, or close other programs.",
        )
    if isinstance(error, OSError) and error.errno is not None:
        return OverpaintError(
            Code.DISK_FULL if error.errno == 28 else Code.INTERNAL,
            f"The server could not read or write its files ({error.strerror}).",
            "Free some space on the disk that holds Overpaint's files, or run “overpaint doctor”.",
        )
    return OverpaintError(
        Code.EDIT_FAILED,
        f"The edit did not work ({type(error).__name__}: {str(error)[:_LONGEST]}).",
        "Try another selection or model. If it happens again, the server's log says more: “overpaint doctor”.",
    )
