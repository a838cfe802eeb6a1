"""The digests of what a host sends, each computed once however often the same pixels are sent."""

from __future__ import annotations

from collections.abc import Generator

from ..wire import content
from ..wire.frames import Buffer


class Digests:
    """Of a few buffers, which must not change any more. Shared by all submissions that are made of one another."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Buffer, str]] = {}

    def of(self, name: str, buffer: Buffer) -> str:
        """Empty as long as it is not known."""
        known, digest = self._known.get(name, (None, ""))
        return digest if known is buffer else ""

    def put(self, name: str, buffer: Buffer, digest: str) -> None:
        if content.is_digest(digest):
            self._known[name] = buffer, digest

    def reckoning(self, buffers: dict[str, Buffer]) -> Generator[None, None, None]:
        """Computes those that are not known yet, in pieces of about a millisecond."""
        for name, buffer in buffers.items():
            if not self.of(name, buffer):
                self.put(name, buffer, (yield from content.digesting(buffer)))
