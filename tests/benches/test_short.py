"""Every bench runs in its short form, and exits 1 for the one bound that it is made to miss, and for no other."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.running import CHECKOUT

PLANTED = {
    "fidelity": ("--least", "cases", 1e9),
    "edges": ("--most", "outside", -1),
    "erase": ("--most", "outside_of_line", -1),
    "enlarge": ("--most", "seam", -1),
    "effect": ("--most", "untouched", -1),
    "select.words": ("--least", "words_cases", 1e9),
    "roundtrip": ("--most", "different", -1),
    "select": ("--least", "snap_iou", 2),
    "overhead": ("--least", "pixels_identical", 2),
    "imagic": ("--least", "kept_db", 1e9),
    "imagic.memory": ("--most", "rows_unforeseen", -1),
    "host": ("--most", "gimp_extra_s", -1e9),
    "highres": ("--most", "host_mb", -1),
    "fit": ("--most", "times", -1),
    "expand": ("--most", "outside", -1),
}
MARKS = {"roundtrip": [], "host": [pytest.mark.hosts]}
"""All others go with the tests that need torch, be it only so that the quick ones stay quick."""

pytestmark = pytest.mark.spread


@pytest.mark.parametrize(
    "bench", [pytest.param(name, marks=MARKS.get(name, [pytest.mark.torch])) for name in PLANTED], ids=str
)
def test_a_bench_fails_for_the_bound_that_it_misses(bench: str) -> None:
    misses(bench, *PLANTED[bench])


def misses(bench: str, side: str, figure: str, bound: float) -> None:
    command = [sys.executable, "-m", f"bench.{bench}", "--short", side, f"{figure}={bound}"]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    if "REAL HOSTS NOT MEASURED" in done.stderr and not os.environ.get("OVERPAINT_REQUIRE_HOSTS"):
        pytest.skip(done.stderr.splitlines()[-1])
    assert "Traceback" not in done.stderr, done.stderr
    assert figure in json.loads(done.stdout.splitlines()[-1])
    missed = [line for line in done.stderr.splitlines() if line.startswith("MISSED")]
    assert [line.split()[1] for line in missed] == [figure]
    assert done.returncode == 1
