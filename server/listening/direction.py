"""Which messages may come from a client, and on which of its sockets."""

from __future__ import annotations

from server.wire.errors import Code, OverpaintError
from server.wire.messages import (
    Acknowledge,
    Attach,
    Cancel,
    Channel,
    Chunk,
    Credit,
    Estimate,
    Fetch,
    ListJobs,
    Message,
    Ping,
    Skip,
    Submit,
)

_FROM_CLIENT = {
    Channel.DATA: (Submit, Chunk, Credit, Fetch, Acknowledge, Estimate, ListJobs, Attach),
    Channel.CONTROL: (Cancel, Skip, Ping),
}


def check(channel: Channel, message: Message) -> None:
    """Raises ``OverpaintError`` (bad-request)."""
    if not isinstance(message, _FROM_CLIENT[channel]):
        raise OverpaintError(Code.BAD_REQUEST, f"A {type(message).__name__} message does not belong here.")
