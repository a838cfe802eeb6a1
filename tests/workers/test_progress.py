"""Of all that an edit reports, what a client hears."""

from __future__ import annotations

from server.editing.edit import Step
from server.workers.progress import Throttle


def test_a_client_hears_the_first_step_of_each_stage_and_then_no_more_than_an_eye_sees() -> None:
    now = 100.0
    throttle = Throttle(lambda: now)
    heard = []
    for number in range(1000):  # a second of an edit that reports every millisecond
        stage = "Erasing" if number < 500 else "Matching the colours"
        if throttle.passes(Step(stage, number, 1000)):
            heard.append((stage, number))
        now += 0.001
    assert {("Erasing", 0), ("Matching the colours", 500)} <= set(heard)
    assert 20 <= len(heard) <= 40
