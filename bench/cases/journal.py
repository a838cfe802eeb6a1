"""A table and a spool that a disk or a person damaged, under a server that is down or running; and quick edits beside
slow ones."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.cases.case import Case, Seen
from server.client import events
from server.client.submission import Submission
from server.wire import messages as wire
from server.wire.messages import JobState
from tests.bare import Bare
from tests.running import PONDERING, RunningServer, submission

_CLIENT = "me"


@dataclass(frozen=True)
class Kept:
    """What an earlier server left: an answer that nobody has fetched, and a job of which only the layer has come."""

    home: Path
    answered: Submission
    half: Submission
    answer: bytes


def cases() -> Iterator[Case]:
    with tempfile.TemporaryDirectory(prefix="op-") as name:
        kept = _kept(Path(name) / "k")
        for what, damage in _DAMAGES.items():
            yield Case(what, "served, and no other pixels", lambda damage=damage: _after(kept, damage))  # type: ignore[misc]
        for what, damage in _UNDER_IT.items():
            yield Case(what, "works again by itself", lambda damage=damage: _under(kept, damage))  # type: ignore[misc]
        yield Case(
            "erase while another edit learns", "answered before that one ends", lambda: _beside(Path(name) / "b")
        )


def _kept(home: Path) -> Kept:
    home.mkdir(mode=0o700)
    server = RunningServer(home, environment=PONDERING)
    answered, half = submission("muse", steps=1), submission("muse", steps=1)
    with server.client(_CLIENT) as client:
        client.start(answered)
        answer = bytes(client.wait_for(events.Arrived, job=answered.job).results[0].data)
    bare = Bare(server, _CLIENT)
    bare.tell(half.message())
    bare.hear(wire.Accepted)
    bare.tell(wire.Chunk(half.job, "layer", 0), bytes(half.pixels))
    bare.tell(wire.ListJobs())
    bare.hear(wire.Jobs)
    bare.close()
    server.stop()
    return Kept(home, answered, half, answer)


def _after(kept: Kept, damage: Callable[[Kept], None]) -> Seen:
    with tempfile.TemporaryDirectory(prefix="op-") as name:
        here = Kept(Path(name) / "h", kept.answered, kept.half, kept.answer)
        shutil.copytree(kept.home, here.home)
        damage(here)
        server = RunningServer(here.home, environment=PONDERING)
        try:
            return _judged(server, here)
        finally:
            server.stop()


def _under(kept: Kept, damage: Callable[[Kept], None]) -> Seen:
    with tempfile.TemporaryDirectory(prefix="op-") as name:
        here = Kept(Path(name) / "h", kept.answered, kept.half, kept.answer)
        shutil.copytree(kept.home, here.home)
        server = RunningServer(here.home, environment=PONDERING)
        try:
            with server.client() as client:
                client.run(submission("muse", steps=1))
                damage(here)
                client.run(submission("muse", steps=1))
            return _judged(server, here)
        finally:
            server.stop()


def _judged(server: RunningServer, here: Kept) -> Seen:
    words = []
    with server.client(_CLIENT) as client:
        jobs = client.jobs()
        for job in (here.answered, here.half):
            if job.job not in jobs:
                words.append("set aside")
                continue
            if jobs[job.job] in (JobState.FINISHED, JobState.FAILED):
                client.session.attach(job.job)
            else:
                client.start(job)
            event = client.wait_for(events.Arrived, events.EditFailed, job=job.job)
            if isinstance(event, events.EditFailed):
                words.append(str(event.error))
            elif bytes(event.results[0].data) != here.answer:
                return Seen("other pixels, and nobody was told", False)
            else:
                words.append("as it was")
    with server.client("after") as client:
        client.run(submission("muse", steps=1))
    return Seen("; ".join(words), server.process.poll() is None)


def _beside(home: Path) -> Seen:
    home.mkdir(mode=0o700)
    server = RunningServer(home, environment=PONDERING)
    try:
        with server.client("learner") as learner, server.client("eraser") as eraser:
            long = submission("ponder", steps=500)
            learner.start(long)
            learner.wait_for(events.Progressed, job=long.job)
            eraser.run(submission("erase"))
            running = learner.jobs()[long.job] is JobState.RUNNING
            return Seen("answered while the other learned" if running else "it had to wait", running)
    finally:
        server.stop()


def _flip(path: Path, at: int = 1000) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)


def _layer(kept: Kept) -> Path:
    return kept.home / "spool" / kept.half.job / "layer"


def _result(kept: Kept) -> Path:
    return kept.home / "spool" / kept.answered.job / "result-0"


def _zeros(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4096] + bytes(path.stat().st_size - 4096))


def _folder_instead(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.mkdir()


def _away(path: Path) -> None:
    """All at once: its server may be tidying it."""
    shutil.rmtree(path.rename(path.with_name("away")), ignore_errors=True)


def _no_table(kept: Kept) -> None:
    for part in kept.home.glob("journal.sqlite*"):
        part.unlink()


def _garbage(kept: Kept) -> None:
    (kept.home / "journal.sqlite").write_bytes(b"x" * 5000)


def _cut_off(kept: Kept) -> None:
    _result(kept).write_bytes(b"")


def _file_instead(path: Path) -> None:
    """Its server may put a folder there again in between."""
    for _ in range(100):
        _away(path)
        with contextlib.suppress(IsADirectoryError):
            path.write_text("")
            return
    raise AssertionError("the server was quicker a hundred times")


_DAMAGES: dict[str, Callable[[Kept], None]] = {
    "a byte of an answer flipped": lambda kept: _flip(_result(kept)),
    "an answer cut off": _cut_off,
    "a byte of an upload flipped": lambda kept: _flip(_layer(kept)),
    "zeros at the end of an upload": lambda kept: _zeros(_layer(kept)),
    "an upload is a folder": lambda kept: _folder_instead(_layer(kept)),
    "a byte of a request flipped": lambda kept: _flip(_layer(kept).with_name("request.json"), 120),
    "the spool is a file": lambda kept: _file_instead(kept.home / "spool"),
    "the table is a folder": lambda kept: _folder_instead(kept.home / "journal.sqlite"),
    "the table's log is a folder": lambda kept: _folder_instead(kept.home / "journal.sqlite-wal"),
    "the table is garbage": _garbage,
}
_UNDER_IT: dict[str, Callable[[Kept], None]] = {
    "the table deleted under the server": _no_table,
    "a folder in the table's place under the server": lambda kept: _folder_instead(kept.home / "journal.sqlite"),
    "the spool deleted under the server": lambda kept: _away(kept.home / "spool"),
    "a file in the spool's place under the server": lambda kept: _file_instead(kept.home / "spool"),
}
