"""Would the tests notice? ``python -m tools.mutate [--count 80] [--seed 1] [--room server/wire …]``.

So many small faults as asked are chosen from all that could be planted in the rooms where a fault costs work or lets
somebody in: a comparison turned, a condition negated, a call left out, a number off by one. Each is planted in a copy
of this checkout, and the tests of its file run there, then those of its room, until one fails. Those that tests once
missed are planted in every run (``missed.py``). A fault that none notices is printed and counts as survived;
docs/reliability.md says of each why that is right. Exit 1 when more survive than it explains. What takes too long
counts as noticed: a test run has a watchdog too.

    mutants: how many were planted. killed, survived: what came of them. minutes: of the whole run.
"""

from __future__ import annotations

import argparse
import functools
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.bounds import Bound, add_options, conclude
from tools.mutate.covering import ROOMS, covering
from tools.mutate.faults import Fault, faults
from tools.mutate.missed import missed

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "mutants"
"""On the checkout's own file system, so that a copy can be of links."""

BOUNDS = (Bound("mutants", least=60), Bound("survived", most=3))
_LONGEST_S = 600.0
"""For one run of tests; a fault that makes them wait longer is noticed."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools.mutate", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=80, help="faults to plant")
    parser.add_argument("--seed", type=int, default=1, help="of the choice")
    parser.add_argument("--room", choices=ROOMS, action="append", help="only there")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="copies that are tested side by side")
    add_options(parser)
    options = parser.parse_args()
    began = time.monotonic()
    rooms = options.room or ROOMS
    once = [fault for fault in missed(ROOT) if fault.path.parent.as_posix() in rooms]
    chosen = once + choice(rooms, options.count, random.Random(options.seed))
    with ThreadPoolExecutor(options.jobs) as pool:
        survived = [fault for fault in pool.map(survivor, chosen) if fault is not None]
    figures = {
        "mutants": len(chosen),
        "killed": len(chosen) - len(survived),
        "survived": len(survived),
        "minutes": round((time.monotonic() - began) / 60, 1),
    }
    return conclude(figures, BOUNDS, options)


def choice(rooms: Sequence[str], count: int, rng: random.Random) -> list[Fault]:
    """As many of each room as it has of all, no two on one line."""
    possible = {room: _by_line(room) for room in rooms}
    every = sum(len(lines) for lines in possible.values())
    chosen: list[Fault] = []
    for lines in possible.values():
        share = min(len(lines), round(count * len(lines) / every))
        chosen += [rng.choice(lines[line]) for line in rng.sample(sorted(lines), share)]
    return chosen


def _by_line(room: str) -> dict[tuple[str, int], list[Fault]]:
    found: dict[tuple[str, int], list[Fault]] = {}
    for path in sorted((ROOT / room).glob("*.py")):
        for fault in faults(ROOT, path.relative_to(ROOT)):
            found.setdefault((fault.path.name, fault.line), []).append(fault)
    return found


def survivor(fault: Fault) -> Fault | None:
    """``fault`` if no test notices it."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        copy = _copy(Path(folder))
        (copy / fault.path).unlink()  # else the checkout's own would be written
        (copy / fault.path).write_bytes(fault.source)
        noticed = next(filter(None, (_noticed(copy, tests) for tests in covering(ROOT, fault.path))), "")
    print(f"{'killed  ' if noticed else 'SURVIVED'}  {fault}  {noticed}", flush=True)
    return None if noticed else fault


def _noticed(copy: Path, tests: Sequence[str]) -> str:
    """The test that notices the fault. One that fails without any fault as well notices nothing, and is left out."""
    while failed := _failure(copy, [*tests, *(f"--deselect={test}" for test in _unsound)]):
        if "::" not in failed or failed in _unsound or not _fails_anyway(failed):
            return failed
        _unsound.add(failed)
        print(f"left out: {failed} fails without any fault", flush=True)
    return ""


_unsound: set[str] = set()


@functools.cache
def _fails_anyway(test: str) -> bool:
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        return bool(_failure(_copy(Path(folder)), [test]))


def _copy(target: Path) -> Path:
    """What git would carry and what it would take in, as links: only the one file is changed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in (name for name in names if name and (ROOT / name).is_file()):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(ROOT / name, target / name)
    return target


def _failure(copy: Path, tests: Sequence[str]) -> str:
    """The first of ``tests`` (arguments for pytest) that fails, or what else ended the run; empty when all pass."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "--tb=no", "-p", "no:cacheprovider"]
    command += ["--timeout", "120", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        command, cwd=copy, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as running:
        try:
            said, _ = running.communicate(timeout=_LONGEST_S)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            return "the tests did not end"
    lines = said.decode(errors="replace").splitlines()
    named = (line.split(" ", 1)[1].split(" - ")[0] for line in lines if line.startswith(("FAILED ", "ERROR ")))
    failed = next(named, "pytest itself failed")
    return failed if running.returncode else ""


if __name__ == "__main__":
    sys.exit(main())
