"""What was sent, as a name: the same pixels have the same name for the host that has them and the server."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable

from .frames import Buffer

DIGEST_HEX = 64

ORDER = ("layer", "mask", "icc")
"""In which blobs are looked at; those that are empty are left out."""

_PIECE = 1 << 20


def digest(blobs: Iterable[tuple[str, Buffer]]) -> str:
    """64 hex digits (BLAKE2b) for the blobs of a job, each with its name, in ``ORDER``."""
    work = digesting(blobs)
    while True:
        try:
            next(work)
        except StopIteration as done:
            return str(done.value)


def digesting(blobs: Iterable[tuple[str, Buffer]]) -> Generator[None, None, str]:
    """The same in pieces of a few milliseconds, for a host whose window must not stand still."""
    whole = hashlib.blake2b(digest_size=DIGEST_HEX // 2)
    for name, data in blobs:
        view = memoryview(data).cast("B")
        whole.update(f"{name} {view.nbytes}\n".encode())
        for at in range(0, view.nbytes, _PIECE):
            whole.update(view[at : at + _PIECE])
            yield
    return whole.hexdigest()


def of_guest(digest: str, guest: str) -> str:
    """The name under which the server keeps what it learned of a picture. Another machine (``guest``: its key) has
    names of its own: else it could ask whether somebody here has a certain picture. "" stays "", the unknown one."""
    if not guest or not digest:
        return digest
    return hashlib.blake2b(f"{guest} {digest}".encode(), digest_size=DIGEST_HEX // 2).hexdigest()
