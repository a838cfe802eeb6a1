"""The same for the benches that share the artwork, which the first of them makes: one after the other."""

from __future__ import annotations

import pytest

from tests.benches.test_short import misses

PLANTED = {
    "bundled": ("--least", "cells", 1e9),
    "edits": ("--least", "pairs", 1e9),
    "dreambooth": ("--least", "poses", 1e9),
}

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("bench", PLANTED)
def test_a_bench_fails_for_the_bound_that_it_misses(bench: str) -> None:
    misses(bench, *PLANTED[bench])
