"""How much one client, and all together, may have here at once. Who finds no place now may ask again: a client does."""

from __future__ import annotations

from server.gateway.admission import room_for
from server.gateway.book import OPEN, Book, Job
from server.gateway.settings import Settings
from server.wire.errors import Code, FullError, OverpaintError
from server.wire.messages import JobState, Submit
from server.wire.peers import party

_HINT = "It starts by itself when there is a place."


def check_places(submit: Submit, who: str, book: Book, settings: Settings) -> None:
    """Raises ``FullError`` where the job of ``who`` (a ``peers.party``) finds no place: by number, or by the bytes that
    jobs and their answers take until they are fetched; too-large where it would never find one."""
    if room_for(submit) > min(settings.max_bytes, settings.max_bytes_each):
        raise OverpaintError(
            Code.TOO_LARGE,
            "This edit and its answers are larger than all that the server may keep.",
            "Make the selection smaller, or ask for fewer answers.",
        )
    everybody = list(book)
    own = [job for job in everybody if party(job.client) == who]
    _check(submit, everybody, settings.max_waiting, settings.max_bytes, "The server has too many edits waiting.")
    _check(submit, own, settings.max_waiting_each, settings.max_bytes_each, "Too many of your own edits are waiting.")


def _check(submit: Submit, jobs: list[Job], most: int, most_bytes: int, sentence: str) -> None:
    waiting = sum(job.state in OPEN for job in jobs)
    kept = sum(room_for(job.submit) for job in jobs if job.state is not JobState.FAILED)
    if waiting >= most or kept + room_for(submit) > most_bytes:
        raise FullError(sentence, _HINT, waiting)
