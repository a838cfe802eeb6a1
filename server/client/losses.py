"""How a connection can end, in words for a person."""

from __future__ import annotations

from ..wire.errors import Code, OverpaintError


def refused() -> OverpaintError:
    return OverpaintError(
        Code.REFUSED,
        "The server refused this connection: its key or ours is not the expected one.",
        "Restart the server, or for one on another machine ask for a new invitation.",
    )


def vanished(greeted: bool) -> OverpaintError:
    """``greeted``: it had answered before."""
    if greeted:
        return OverpaintError(Code.UNREACHABLE, "The server has stopped.", "It is started again with the next edit.")
    return OverpaintError(Code.UNREACHABLE, "The server cannot be reached.", "Run: python3 install.py doctor")


def silent(connected: bool) -> OverpaintError:
    """``connected``: its socket still answers."""
    if connected:
        return OverpaintError(
            Code.HUNG, "The server does not answer.", "Wait a moment and try again, or restart the server."
        )
    return vanished(greeted=False)


def senseless() -> OverpaintError:
    return OverpaintError(
        Code.INTERNAL,
        "The server said something that makes no sense.",
        "The plugin and the server may be of different versions: run install.py again.",
    )
