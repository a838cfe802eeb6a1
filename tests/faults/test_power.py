"""A short form of what ``bench.faults`` does to the power: on this server nothing is lost, and faults are found."""

from __future__ import annotations

import random

import pytest

from bench.faults.power import lost_with_the_power, planting
from bench.faults.recording import can_record

pytestmark = pytest.mark.skipif(not can_record(), reason="what is written is recorded with strace")

CUTS = 150


@pytest.mark.parametrize("fault", ["", "asynchronous", "no file is synced", "no rows are written"])
def test_what_was_promised_is_there_after_the_power_failed_and_a_fault_in_that_is_found(fault: str) -> None:
    loss = lost_with_the_power(CUTS, random.Random(3), planting(fault))
    assert loss.cuts >= CUTS
    found = loss.lost + loss.duplicates + loss.different
    assert (found > 0) is bool(fault), loss.words
