"""A shortened ``bench.load``."""

from __future__ import annotations

import random

from bench.load import figures, growth, load
from tests.running import RunningServer, until

CLIENTS, SECONDS = 16, 8.0


def test_many_hosts_get_their_answers_in_turn_and_the_gateway_stays_as_it_was(pondering: RunningServer) -> None:
    seen = load(pondering, CLIENTS, SECONDS, random.Random(1))
    assert seen.errors == []
    found = figures(seen, CLIENTS, SECONDS)
    assert found["jobs"] >= CLIENTS
    assert found["unfairness"] < 20
    assert found["gateway_growth"] < 0.25
    until(lambda: not list((pondering.home / "spool").iterdir()), "what was acknowledged to go")


def test_growth_compares_the_last_quarter_with_the_second() -> None:
    memory = [(float(second), 100 if second < 10 else 110) for second in range(20)]
    assert round(growth(memory, 20.0), 3) == 0.1
