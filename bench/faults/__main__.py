"""What happens to an edit when something goes wrong: ``python -m bench.faults [--moments 20]``.

A host process, the server that it starts and the server's worker, all real, do one edit after the other: nearly 3 MiB
up, a stand-in that learns with checkpoints and paints (``tests/pondering/learn.py``), two layers of 3 MiB back.

First SIGKILL for each of host, server and worker in each phase, at ``--moments`` random moments each. A killed host is
started again and goes on with its job, as a reopened one does. Then, ``--others`` times each: processes that stand
still, a table that is cut off, a clock that jumps, a full disk (which takes root, for a file system of its own).

kills: how many hit the phase they were meant for. lost: edits whose answer is not in the document at the end.
duplicates: answers that are there twice, or that the server would offer once more. different: answers that are not, bit
for bit, those of an edit that nobody disturbed. The last three count everything that was done, not the kills alone.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench import page
from bench.faults.blows import EVERYBODY, Blow, FillDisk, Freeze, Kill, SetClock, Truncate, small_disk
from bench.faults.client import LEARN, METHODS
from bench.faults.stage import (
    CLIENT,
    DOWNLOADING,
    GATEWAY,
    PHASES,
    QUEUED,
    SPOOLING,
    TUNING,
    UPLOADING,
    VICTIMS,
    WORKER,
    stage,
)
from bench.faults.table import Row, markdown
from bench.faults.trials import Tally, Trials

Plan = tuple[Blow, str, str, int]
"""Blow, victim, phase, how often."""


def kills(moments: int, victims: Iterable[str] = VICTIMS, phases: Iterable[str] = PHASES) -> Iterator[Plan]:
    for victim in victims:
        for phase in phases:
            yield Kill(), victim, phase, moments


def others(count: int, dice: random.Random) -> Iterator[Plan]:
    for victim in (CLIENT, GATEWAY, WORKER, EVERYBODY):
        for phase in (UPLOADING, TUNING):
            yield Freeze(), victim, phase, count
    for phase in (QUEUED, TUNING, DOWNLOADING):
        yield Truncate(dice), GATEWAY, phase, count
    for forward in (True, False):
        for phase in (QUEUED, DOWNLOADING):
            yield SetClock(forward), GATEWAY, phase, count


def played(trials: Trials, plans: Iterator[Plan]) -> Iterator[Row]:
    for blow, victim, phase, count in plans:
        row = Row(blow.title, victim, phase, trials.run(blow, victim, phase, count))
        tally = row.tally
        print(row.markdown, f"missed {tally.missed}, steps repeated {tally.repeated}", *tally.failures, flush=True)
        yield row


def on_a_full_disk(count: int, dice: random.Random) -> list[Row]:
    if not count:
        return []
    with small_disk(Path("/tmp/overpaint-full")) as disk:
        if disk is None:
            print("a full disk is left out: only root can make one")
            return []
        with stage(disk.folder / "home") as here:
            trials = Trials(here, dice)
            plans = ((FillDisk(disk), "server's folder", phase, count) for phase in (UPLOADING, TUNING, SPOOLING))
            return list(played(trials, plans))


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.faults", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--moments", type=int, default=20, help="kills for each process and phase")
    parser.add_argument("--others", type=int, default=3, help="of everything else")
    parser.add_argument("--method", choices=METHODS, default=LEARN, help="imagic: the real one, with a tiny model")
    parser.add_argument("--victim", choices=VICTIMS, help="kill only this one")
    parser.add_argument("--phase", choices=PHASES, help="kill only in this phase")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the random moments")
    parser.add_argument("--page", type=Path, help="write the table into this page, docs/reliability.md")
    options = parser.parse_args()
    print(f"random moments from seed {options.seed}", flush=True)
    dice = random.Random(options.seed)
    with stage(method=options.method) as here:
        trials = Trials(here, dice)
        victims = [options.victim] if options.victim else VICTIMS
        phases = [options.phase] if options.phase else PHASES
        killed = list(played(trials, kills(options.moments, victims, phases)))
        rows = [*killed, *played(trials, others(options.others, dice))]
    rows += on_a_full_disk(options.others, dice) if options.method == LEARN else []
    if options.page is not None:
        page.put(options.page, "bench.faults", markdown(rows))
    print(json.dumps(figures(killed, rows)))


def figures(killed: list[Row], rows: list[Row]) -> dict[str, int]:
    total = Tally()
    for row in rows:
        total.add(row.tally)
    return {
        "kills": sum(row.tally.hits for row in killed),
        "lost": total.lost,
        "duplicates": total.duplicates,
        "different": total.different,
    }


if __name__ == "__main__":
    main()
