"""What was sent, as a name: the same pixels have the same name for the host that has them and the server."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator, Iterable

from .frames import Buffer
from .messages import Blob

DIGEST_HEX = 64
_DIGEST = re.compile(rf"[0-9a-f]{{{DIGEST_HEX}}}")

_PIECE = 1 << 20


def digest(data: Buffer) -> str:
    """64 hex digits (BLAKE2b) for the bytes of one blob."""
    work = digesting(data)
    while True:
        try:
            next(work)
        except StopIteration as done:
            return str(done.value)


def digesting(data: Buffer) -> Generator[None, None, str]:
    """The same in pieces of about a millisecond, for a host whose window must not stand still."""
    whole = hashlib.blake2b(digest_size=DIGEST_HEX // 2)
    view = memoryview(data).cast("B")
    for at in range(0, view.nbytes, _PIECE):
        whole.update(view[at : at + _PIECE])
        yield
    return whole.hexdigest()


def is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None


def picture(blobs: Iterable[Blob]) -> str:
    """The name of all that makes a job's picture: its blobs with their digests, in the order layer, mask, icc,
    reference pictures. Empty where a digest is missing: the picture is not known by name."""
    blobs = [blob for blob in blobs if blob.nbytes]
    if not all(blob.digest for blob in blobs):
        return ""
    return digest("".join(f"{blob.name} {blob.nbytes} {blob.digest}\n" for blob in blobs).encode())


def of_guest(digest: str, guest: str) -> str:
    """The name under which the server keeps what it learned of a picture. Another machine (``guest``: its key) has
    names of its own: else it could ask whether somebody here has a certain picture. "" stays "", the unknown one."""
    if not guest or not digest:
        return digest
    return hashlib.blake2b(f"{guest} {digest}".encode(), digest_size=DIGEST_HEX // 2).hexdigest()
