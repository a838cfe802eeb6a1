"""How much one client, and all together, may have here at once. Who finds no place now may ask again: a client does."""

from __future__ import annotations

from server.gateway.admission import room_for
from server.gateway.jobs import JobTable
from server.gateway.settings import GatewaySettings
from server.gateway.tally import Share
from server.wire.errors import Code, FullError, OverpaintError
from server.wire.messages import Submit

_HINT = "It starts by itself when there is a place."


def check_places(submit: Submit, who: str, table: JobTable, settings: GatewaySettings) -> None:
    """Raises ``FullError`` where the job of ``who`` (a ``peers.party``) finds no place: by number, or by the bytes that
    jobs and their answers take until they are fetched; too-large where it would never find one."""
    room = room_for(submit)
    if room > min(settings.max_bytes, settings.max_bytes_each):
        raise OverpaintError(
            Code.TOO_LARGE,
            "This edit and its answers are larger than all that the server may keep.",
            "Make the selection smaller, or ask for fewer answers.",
        )
    all_, own = table.tally.all, table.tally.of(who)
    _check(room, all_, settings.max_waiting, settings.max_bytes, "The server has too many edits waiting.")
    _check(room, own, settings.max_waiting_each, settings.max_bytes_each, "Too many of your own edits are waiting.")


def _check(room: int, taken: Share, most: int, most_bytes: int, sentence: str) -> None:
    if taken.waiting >= most or taken.kept + room > most_bytes:
        raise FullError(sentence, _HINT, taken.waiting)
