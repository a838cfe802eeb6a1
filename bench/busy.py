"""A picture of the built-in model while every core has other work: ``python -m bench.busy [--pictures 3]``.

A real server paints the same picture, first alone, then beside as many processes as there are cores, each of which
computes without a pause. What is loaded once is loaded before. busy_ratio: the median of the busy times against that of
the others; where every core is shared by two, 2 is what is left of a machine.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import bounds
from bench.bounds import Bound
from tests.running import Client, RunningServer, submission

BOUNDS = (Bound("busy_ratio", most=3.0, least=0.8),)

_SIDE, _STEPS = 256, 20
_LOADS = 2
"""Pictures before the first that counts: the model is loaded, and the libraries choose how to compute."""


@contextlib.contextmanager
def every_core_busy() -> Iterator[None]:
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def seconds(client: Client, seed: int) -> float:
    """Of one picture, from the request to the answer. The server remembers what it painted with a seed."""
    began = time.monotonic()
    client.run(submission("inpaint", _SIDE, _SIDE, seed=seed, prompt="a red apple", steps=_STEPS))
    return time.monotonic() - began


def median(client: Client, seeds: range) -> float:
    taken = [seconds(client, seed) for seed in seeds]
    print(" ".join(f"{one:.2f}" for one in taken), "s", flush=True)
    return statistics.median(taken)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.busy", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=3, help="of each kind")
    bounds.add_options(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="op-") as folder:
        server = RunningServer(Path(folder), "--device", "cpu")
        try:
            with server.client() as client:
                for seed in range(_LOADS):
                    seconds(client, 100 + seed)
                quiet = median(client, range(200, 200 + options.pictures))
                with every_core_busy():
                    busy = median(client, range(300, 300 + options.pictures))
        finally:
            server.stop()
    figures = {"quiet_s": round(quiet, 2), "busy_s": round(busy, 2), "busy_ratio": round(busy / quiet, 2)}
    return bounds.conclude(figures, BOUNDS, options)


if __name__ == "__main__":
    sys.exit(main())
