"""What a failure of the power would cost, at every moment: a real server and its worker do some edits while all that
they write is recorded; then a journal is opened on each state in which the disk may be left, and asked for what was
promised until then.

A promise counts from the moment at which the client heard it: *accepted* (the job is there), *running* (and its
pixels), *finished* (and its answer), *failed* (and why), *acknowledged* (it never comes back).
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.faults import recording
from bench.faults.possible import Folder
from server.client.submission import Submission
from server.gateway.job import Job
from server.gateway.jobs import JobTable
from server.gateway.transfers import SpoolFile
from server.journal import Journal
from server.journal.checked import read_whole
from server.wire import messages as wire
from server.wire.errors import OverpaintError
from server.wire.messages import CHUNK_BYTES, JobState
from tests.bare import Bare
from tests.running import CHECKOUT, PONDERING, RunningServer, submission, until

_CLIENT = "painter"
_MEMORY = Path("/dev/shm")
"""Where what is written need not be waited for."""

_ALWAYS = 6
"""States of each moment that are always tried."""

_GONE, _LEAVING = "acknowledged", "acknowledging"


@dataclass
class Heard:
    """What the client heard of each job, and when; what it sent; and what came back."""

    at: defaultdict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    sent: dict[str, Submission] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)

    def note(self, job: str, what: str) -> None:
        self.at[job].setdefault(what, time.time())

    def until(self, job: str, moment: float) -> set[str]:
        return {what for what, when in self.at[job].items() if when <= moment}


@dataclass
class Loss:
    """cuts: states that were tried. The others: jobs, over all of them. words: what was wrong, each kind once."""

    cuts: int = 0
    lost: int = 0
    duplicates: int = 0
    different: int = 0
    words: dict[str, int] = field(default_factory=dict)

    def say(self, kind: str, words: str) -> None:
        setattr(self, kind, getattr(self, kind) + 1)
        self.words[words] = self.words.get(words, 0) + 1


class RecordedServer(RunningServer):
    """All that it and its workers write is in ``log``."""

    def __init__(self, home: Path, log: Path, environment: Mapping[str, str]) -> None:
        self._log = log
        super().__init__(home, "--device", "cpu", environment={**PONDERING, **environment})

    def command(self) -> list[str]:
        return [*recording.command(self._log), *super().command()]


def lost_with_the_power(cuts: int, rng: random.Random, planted: Mapping[str, str] | None = None) -> Loss:
    """Of ``cuts`` states at least. planted: variables for the server's environment, to see that a fault is found."""
    with tempfile.TemporaryDirectory(prefix="op-") as name:
        folder = Path(name).resolve()
        heard, home = Heard(), folder / "h"
        home.mkdir(mode=0o700)
        play(home, folder / "log", heard, planted or {})
        made = Folder.of(recording.read(folder / "log", home), home)
        check(made, home, folder)
        return judged(made, heard, folder, cuts, rng)


def play(home: Path, log: Path, heard: Heard, planted: Mapping[str, str]) -> None:
    """Edits in every state that a job can be in: while the server is ended in good order, and when it is killed."""
    server = RecordedServer(home, log, planted)
    with Painter(server, heard) as painter:
        for seed in range(3):
            painter.acknowledge(painter.run(submission("muse", seed=seed, steps=1)))
        kept = painter.run(submission("muse", 600, 450, steps=1))
        painter.leave_half(submission("muse", 600, 450, seed=5))
        painter.begin(submission("muse", prompt="raise", steps=8))
    with Painter(server, heard) as painter:
        painter.wait_for_failure()
        painter.start(submission("ponder", steps=2, seed=8))
    server.stop()
    server.start()
    with Painter(server, heard) as painter:
        painter.fetch(kept)
        painter.acknowledge(kept)
        painter.acknowledge(painter.run(submission("muse", 90, 70, steps=1)))
        painter.run(submission("muse", seed=9, steps=1))
        painter.begin(submission("ponder", steps=30, seed=6))
    server.kill()
    until(lambda: not _traced(log), "the recording to end")


def _traced(log: Path) -> bool:
    """Whether some of the recorded processes live: the files still grow."""
    before = _size(log)
    time.sleep(0.5)
    return _size(log) != before


def _size(log: Path) -> int:
    return sum(part.stat().st_size for part in log.parent.glob(f"{log.name}.*"))


class Painter:
    """A client that notes what it hears."""

    def __init__(self, server: RunningServer, heard: Heard) -> None:
        self._bare, self._heard = Bare(server, _CLIENT), heard

    def __enter__(self) -> Painter:
        return self

    def __exit__(self, *_: object) -> None:
        self._bare.close()

    def start(self, job: Submission) -> str:
        self._heard.sent[job.job] = job
        self._bare.tell(job.message())
        self._bare.hear(wire.Accepted)
        self._heard.note(job.job, "accepted")
        for part in job.parts():
            for offset in range(0, part.nbytes, CHUNK_BYTES):
                data = part.store.read(offset, min(CHUNK_BYTES, part.nbytes - offset))
                self._bare.tell(wire.Chunk(job.job, part.name, offset), bytes(data))
        return job.job

    def begin(self, job: Submission) -> str:
        self.start(job)
        self._bare.hear(wire.Progress)
        self._heard.note(job.job, "running")
        return job.job

    def run(self, job: Submission) -> str:
        self.start(job)
        self.finished(job.job)
        self.fetch(job.job)
        return job.job

    def finished(self, job: str) -> None:
        self._bare.hear(wire.Finished)
        self._heard.note(job, "running")
        self._heard.note(job, "finished")

    def fetch(self, job: str) -> None:
        answer = self._bare.fetch(job, "result-0", self._heard.sent[job].layer.nbytes)
        if self._heard.answers.setdefault(job, answer) != answer:
            raise SystemExit("the server gave two different answers to one edit")

    def acknowledge(self, job: str) -> None:
        self._heard.note(job, _LEAVING)
        self._bare.tell(wire.Acknowledge(job))
        self._bare.hear(wire.Acknowledged)
        self._heard.note(job, _GONE)

    def leave_half(self, job: Submission) -> None:
        self._heard.sent[job.job] = job
        self._bare.tell(job.message())
        self._bare.hear(wire.Accepted)
        self._heard.note(job.job, "accepted")
        self._bare.tell(wire.Chunk(job.job, "layer", 0), bytes(job.pixels[:CHUNK_BYTES]))

    def wait_for_failure(self) -> None:
        """Of a job whose client did not hear of it: it is in the list until somebody does."""

        def failed() -> bool:
            self._bare.tell(wire.ListJobs())
            lines = self._bare.hear(wire.Jobs).jobs
            for line in lines:
                if line.state is JobState.FAILED:
                    self._heard.note(line.job, "failed")
            return any(line.state is JobState.FAILED for line in lines)

        until(failed, "the failure")


def check(made: Folder, home: Path, folder: Path) -> None:
    """The recording has missed nothing: with all that was done the folder is as it is."""
    whole = folder / "whole"
    made.build(float("inf"), {}, whole)
    for path in home.rglob("*"):
        ours = path.is_file() and "journal.sqlite-shm" not in path.name and path.suffix != ".log"
        if ours and path.read_bytes() != (whole / path.relative_to(home)).read_bytes():
            raise SystemExit(f"the recording has missed something of {path.name}")
    shutil.rmtree(whole)


def judged(made: Folder, heard: Heard, folder: Path, cuts: int, rng: random.Random) -> Loss:
    loss, moments = Loss(), made.moments()
    if len(moments) * _ALWAYS > cuts:
        moments = sorted(rng.sample(moments, -(-cuts // _ALWAYS)))
    draws = max(0, -(-cuts // len(moments)) - _ALWAYS) + 1
    disk = (_MEMORY if _MEMORY.is_dir() else folder.parent) / f"{folder.name}-disk"
    for moment in moments:
        for fates in made.fates(moment, rng, draws):
            made.build(moment, fates, disk)
            _look(disk, heard, moment, loss)
            shutil.rmtree(disk)
            loss.cuts += 1
    return loss


def _look(disk: Path, heard: Heard, moment: float, loss: Loss) -> None:
    """Starts on ``disk`` as a server does, and compares."""
    journal = Journal(disk)
    book = JobTable(journal)
    book.load(lambda job: None)
    journal.settle()
    there = {job.id: job for job in book}
    for name in heard.sent:
        facts = heard.until(name, moment)
        for kind, words in _wrong(there.get(name), facts, heard, journal):
            loss.say(kind, words)
    if list(disk.glob("journal-broken*")):
        loss.say("different", "the table was damaged")
    journal.close()


def _wrong(job: Job | None, facts: set[str], heard: Heard, journal: Journal) -> Iterator[tuple[str, str]]:
    if _GONE in facts:
        if job is not None:
            yield "duplicates", "an edit that was acknowledged is offered again"
        return
    if job is None:
        if facts and _LEAVING not in facts:
            yield "lost", f"an edit that was {_latest(facts)} is gone"
        return
    told_why = job.failure is not None and "upset" in job.failure.sentence
    if facts & {"running", "finished"} and not told_why and job.state in (JobState.UPLOADING, JobState.FAILED):
        yield "lost", f"the pixels, the answer or the reason of an edit that was {_latest(facts)} are gone"
    if "finished" in facts and job.state is JobState.QUEUED:
        yield "lost", "an answer that was there has to be made again"
    if job.state is JobState.QUEUED and not _is_as_sent(heard.sent[job.id], journal.folder(job.id)):
        yield "different", "the pixels that wait for a worker are not those that were sent"
    if job.state is JobState.FINISHED and job.id in heard.answers and _answer(job, journal) != heard.answers[job.id]:
        yield "different", "the answer is another one"


def _latest(facts: set[str]) -> str:
    return next(what for what in ("failed", "finished", "running", "accepted") if what in facts)


def _is_as_sent(sent: Submission, folder: Path) -> bool:
    try:
        return all(
            read_whole(folder / part.name, "It") == bytes(part.store.read(0, part.nbytes)) for part in sent.parts()
        )
    except (OSError, OverpaintError):
        return False


def _answer(job: Job, journal: Journal) -> bytes:
    (layer,) = job.finished.results if job.finished is not None else ()
    try:
        return SpoolFile(journal.folder(job.id) / layer.blob, layer.raster.nbytes).read(0, layer.raster.nbytes)
    except OverpaintError:
        return b""


def planting(fault: str) -> dict[str, str]:
    """For a server with a ``fault`` that ``tests/faults/planted`` puts into it."""
    paths = [str(CHECKOUT / "tests" / "faults" / "planted"), PONDERING["PYTHONPATH"]]
    return {"PYTHONPATH": os.pathsep.join(paths), "OVERPAINT_PLANTED": fault}
