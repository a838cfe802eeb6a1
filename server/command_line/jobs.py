"""``overpaint jobs``: what the server still keeps of the command line's edits."""

from __future__ import annotations

from pathlib import Path

from server.client import roles
from server.client.blocking import Client, OnEvent
from server.command_line import output
from server.command_line.connecting import connect
from server.documents import image
from server.wire.errors import Code, OverpaintError
from server.wire.messages import JobLine
from server.wire.offers import Role
from server.wire.paths import Home


def listed(home: Home) -> tuple[JobLine, ...]:
    """Oldest first."""
    with connect(home) as client:
        return client.jobs()


def cancel(home: Home, beginning: str) -> str:
    """Stops and forgets the job whose id begins so; returns its id."""
    with connect(home) as client:
        job = _the_one(client, beginning)
        client.cancel(job)
        return job


def skip(home: Home, beginning: str) -> str:
    """Makes a comparison leave out the method that is at work; returns its id. Raises bad-request for another edit."""
    with connect(home) as client:
        job = _the_one(client, beginning)
        method = next(line.method for line in client.jobs() if line.job == job)
        offer = roles.named(method, client.hello().methods)
        if offer is None or offer.role is not Role.COMPARE:
            raise OverpaintError(
                Code.BAD_REQUEST,
                f"{job[:8]} compares no methods, so there is none to skip.",
                f"“overpaint jobs cancel {job[:8]}” ends it.",
            )
        client.link.skip(job)
        client.jobs()  # the server has heard of it, too
        return job


def fetch(home: Home, beginning: str, picture: Path, out: Path, on_event: OnEvent | None = None) -> tuple[Path, ...]:
    """Waits for the job if need be, and writes its answer over ``picture``, the one it was made from."""
    output.check(out)
    source = image.read(picture)
    with connect(home) as client:
        arrived = client.attach(_the_one(client, beginning), on_event)
        if not all(output.fits(arrived.finished.crop, one.result, source) for one in arrived.results):
            raise OverpaintError(
                Code.BAD_REQUEST, f"The edit was not made from {picture}.", "Give the picture it was made from."
            )
        files = output.write(arrived, source, picture, out)
        client.acknowledge(arrived.job)
    return files


def _the_one(client: Client, beginning: str) -> str:
    found = [line.job for line in client.jobs() if line.job.startswith(beginning)]
    if len(found) == 1:
        return found[0]
    raise OverpaintError(
        Code.UNKNOWN_JOB,
        f"{'Several edits have' if found else 'No edit has'} an id that begins with “{beginning[:32]}”.",
        "“overpaint jobs” lists them.",
    )
