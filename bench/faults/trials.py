"""One edit after the other, each struck by something at a random moment of one of its phases, and what came of it."""

from __future__ import annotations

import queue
import random
import time
from dataclasses import dataclass, field

from bench.faults.blows import Blow
from bench.faults.stage import CLIENT, DOWNLOADING, PHASES, QUEUED, UPLOADING, Blocker, Playing, Stage, Word, new_job

SEEDS = (11, 12, 13)
DISK_FULL = "disk-full"
_TRIES = 8
_LONGEST_QUEUE = 0.6


@dataclass(frozen=True)
class Undisturbed:
    """What an edit gives, how long each phase lasts (seconds), and how many steps it learns, when nothing happens."""

    digest: str
    seconds: dict[str, float]
    steps: int


@dataclass
class Tally:
    """hits: how many blows fell in the phase they were meant for. missed: how many after it. refused: how many hosts
    were told that the disk is full, and asked again when it was not. repeated: steps of learning that were done twice,
    the most. failures: what else a host was told instead of an answer."""

    hits: int = 0
    missed: int = 0
    lost: int = 0
    duplicates: int = 0
    different: int = 0
    refused: int = 0
    repeated: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.hits += other.hits
        self.missed += other.missed
        self.lost += other.lost
        self.duplicates += other.duplicates
        self.different += other.different
        self.refused += other.refused
        self.repeated = max(self.repeated, other.repeated)
        self.failures += other.failures


class Trials:
    """On the stage ``here``, at moments that ``rng`` chooses."""

    def __init__(self, here: Stage, rng: random.Random) -> None:
        self._here, self._rng = here, rng
        self._expected = {seed: _undisturbed(here, seed) for seed in SEEDS}

    def run(self, blow: Blow, victim: str, phase: str, count: int) -> Tally:
        """``count`` blows that hit, or fewer where the phase is too short to be hit."""
        tally = Tally()
        while tally.hits < count and tally.missed < _TRIES * count:
            tally.add(self._one(blow, victim, phase))
        return tally

    def _one(self, blow: Blow, victim: str, phase: str) -> Tally:
        job, seed = new_job(), self._rng.choice(SEEDS)
        blocker = Blocker(self._here.home) if phase == QUEUED else None
        playing = self._here.play(job, seed)
        try:
            hit = self._strike(blow, victim, phase, playing, self._expected[seed].seconds)
        finally:
            if blocker is not None:
                blocker.close()
        if hit is not None and blow.ends_client and victim == CLIENT:
            playing = self._here.play(job, seed)
        answered = playing.end()
        refused = playing.failure == DISK_FULL
        if refused:
            playing = self._here.play(job, seed)
            answered = playing.end()
        return self._judged(job, seed, answered, Tally(hits=int(bool(hit)), missed=int(not hit), refused=int(refused),
                            failures=[playing.failure] if playing.failure else []))  # fmt: skip

    def _strike(self, blow: Blow, victim: str, phase: str, playing: Playing, seconds: dict[str, float]) -> bool | None:
        """Waits for the moment and strikes; False when the phase was over by then, None when there was no moment."""
        share = self._rng.random()
        try:
            while (word := playing.next()) is not None and word.phase != phase:
                pass
            if phase in (UPLOADING, DOWNLOADING):
                while word is not None and word.phase == phase and word.fraction < share:
                    word = playing.next()
            else:
                time.sleep(share * seconds.get(phase, _LONGEST_QUEUE))
        except queue.Empty:
            return None
        if word is None:
            return None
        struck = time.monotonic()
        blow.strike(self._here, victim, playing)
        blow.mend(self._here)
        if blow.ends_client and victim == CLIENT:
            playing.end()
        else:
            playing.drain()
        return _last_phase(playing.words, struck) == phase

    def _judged(self, job: str, seed: int, answered: bool, tally: Tally) -> Tally:
        answers = self._here.document.answers(job)
        expected = self._expected[seed]
        tally.lost = int(not answers or not answered)
        tally.duplicates = max(0, len(answers) - 1) + int(answered and job in self._here.kept())
        tally.different = sum(digest != expected.digest for digest in answers)
        tally.repeated = self._here.unlearn() - expected.steps
        return tally


def _undisturbed(here: Stage, seed: int) -> Undisturbed:
    job = new_job()
    playing = here.play(job, seed)
    if not playing.end():
        raise SystemExit(f"an edit that nobody disturbed failed: {playing.failure or 'no answer'}")
    (digest,) = here.document.answers(job)
    return Undisturbed(digest, _durations(playing.words), here.unlearn())


def _durations(words: list[Word]) -> dict[str, float]:
    begins: dict[str, float] = {}
    for word in words:
        begins.setdefault(word.phase or word.what, word.at)
    order = [phase for phase in PHASES if phase in begins]
    ends = [*(begins[phase] for phase in order[1:]), begins["placed"]]
    return {phase: end - begins[phase] for phase, end in zip(order, ends, strict=True)}


def _last_phase(words: list[Word], before: float) -> str:
    """The phase in which a host was at that time."""
    return next((word.phase for word in reversed(words) if word.at <= before), "")
