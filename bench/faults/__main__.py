"""What happens to an edit when something goes wrong: ``python -m bench.faults [--moments 20]``.

A host process, the server that it starts and the server's worker, all real, do one edit after the other: nearly 3 MiB
up, a stand-in that learns with checkpoints and paints (``tests/pondering/learn.py``), two layers of 3 MiB back.

First SIGKILL for each of host, server and worker in each phase, at ``--moments`` random moments each. A killed host is
started again and goes on with its job, as a reopened one does. Then, ``--others`` times each: processes that stand
still, a table that is cut off, a clock that jumps, a full disk (which takes root, for a file system of its own).

Last, without any process being struck, the power fails (``--cuts`` states of the disk, see ``power``; it takes strace).

kills: how many hit the phase they were meant for. lost: edits whose answer is not in the document at the end.
duplicates: answers that are there twice, or that the server would offer once more. different: answers that are not, bit
for bit, those of an edit that nobody disturbed. power_cuts: states of the disk that were tried. lost, duplicates and
different count everything that was done. unmoved: plans of which no blow ever hit. Exit 1 when anything was lost,
twice, different, or could not be tried.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench import bounds, page
from bench.bounds import Bound
from bench.faults.blows import EVERYBODY, Blow, FillDisk, Freeze, Kill, SetClock, Truncate, small_disk
from bench.faults.client import LEARN, METHODS
from bench.faults.power import Loss, lost_with_the_power, planting
from bench.faults.recording import can_record
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

BOUNDS = (
    Bound("lost", most=0),
    Bound("duplicates", most=0),
    Bound("different", most=0),
    Bound("unmoved", most=0),
    Bound("failed", most=0),
)

Plan = tuple[Blow, str, str, int]
"""Blow, victim, phase, how often."""


def kills(moments: int, victims: Iterable[str] = VICTIMS, phases: Iterable[str] = PHASES) -> Iterator[Plan]:
    for victim in victims:
        for phase in phases:
            yield Kill(), victim, phase, moments


def others(count: int, rng: random.Random) -> Iterator[Plan]:
    for victim in (CLIENT, GATEWAY, WORKER, EVERYBODY):
        for phase in (UPLOADING, TUNING):
            yield Freeze(), victim, phase, count
    for phase in (QUEUED, TUNING, DOWNLOADING):
        yield Truncate(rng), GATEWAY, phase, count
    for forward in (True, False):
        for phase in (QUEUED, DOWNLOADING):
            yield SetClock(forward), GATEWAY, phase, count


def played(trials: Trials, plans: Iterator[Plan]) -> Iterator[Row]:
    for blow, victim, phase, count in plans:
        row = Row(blow.title, victim, phase, trials.run(blow, victim, phase, count))
        tally = row.tally
        print(row.markdown, f"missed {tally.missed}, steps repeated {tally.repeated}", *tally.failures, flush=True)
        yield row


def on_a_full_disk(count: int, rng: random.Random) -> list[Row]:
    if not count:
        return []
    with small_disk(Path("/tmp/overpaint-full")) as disk:
        if disk is None:
            print("a full disk is left out: only root can make one")
            return []
        with stage(disk.folder / "home") as here:
            trials = Trials(here, rng)
            plans = ((FillDisk(disk), "server's folder", phase, count) for phase in (UPLOADING, TUNING, SPOOLING))
            return list(played(trials, plans))


def without_power(cuts: int, rng: random.Random, fault: str) -> Loss:
    if cuts and not can_record():
        raise SystemExit("The cuts of the power need strace: “apt install strace”, or leave them out with --cuts 0.")
    loss = lost_with_the_power(cuts, rng, planting(fault) if fault else {}) if cuts else Loss()
    print(f"{loss.cuts} states of a disk that lost its power", flush=True)
    for words, count in loss.words.items():
        print(f"{count} × {words}")
    return loss


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.faults", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--moments", type=int, default=20, help="kills for each process and phase")
    parser.add_argument("--others", type=int, default=3, help="of everything else")
    parser.add_argument("--method", choices=METHODS, default=LEARN, help="imagic: the real one, with a tiny model")
    parser.add_argument("--victim", choices=VICTIMS, help="kill only this one")
    parser.add_argument("--phase", choices=PHASES, help="kill only in this phase")
    parser.add_argument("--cuts", type=int, default=2000, help="of the power")
    parser.add_argument("--planted", default="", help="a fault of tests/faults/planted, to see that the cuts find it")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the random moments")
    parser.add_argument("--page", type=Path, help="write the table into this page, docs/reliability.md")
    bounds.add_options(parser)
    options = parser.parse_args()
    print(f"random moments from seed {options.seed}", flush=True)
    rng = random.Random(options.seed)
    with stage(method=options.method) as here:
        trials = Trials(here, rng)
        victims = [options.victim] if options.victim else VICTIMS
        phases = [options.phase] if options.phase else PHASES
        killed = list(played(trials, kills(options.moments, victims, phases)))
        rows = [*killed, *played(trials, others(options.others, rng))]
    rows += on_a_full_disk(options.others, rng) if options.method == LEARN else []
    if options.page is not None:
        page.put(options.page, "bench.faults", markdown(rows))
    loss = without_power(options.cuts, rng, options.planted)
    return bounds.conclude(figures(killed, rows, loss), BOUNDS, options)


def figures(killed: list[Row], rows: list[Row], loss: Loss) -> dict[str, int]:
    total = Tally()
    for row in rows:
        total.add(row.tally)
    return {
        "kills": sum(row.tally.hits for row in killed),
        "power_cuts": loss.cuts,
        "lost": total.lost + loss.lost,
        "duplicates": total.duplicates + loss.duplicates,
        "different": total.different + loss.different,
        "failed": len(total.failures) - total.refused,
        "unmoved": sum(row.tally.hits == 0 for row in rows),
    }


if __name__ == "__main__":
    sys.exit(main())
