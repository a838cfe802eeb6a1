"""Whether an error means that memory ran out. Torch-free: its own kinds are known by name."""

from __future__ import annotations

_TYPES = {"OutOfMemoryError"}
_WORDS = ("out of memory", "can't allocate memory", "failed to allocate", "insufficient memory")


def is_shortage(error: BaseException) -> bool:
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ in _TYPES
        or any(word in str(error).lower() for word in _WORDS)
    )
