"""What learning will take is asked of a real server while the dialog is still open."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from estimate import QUIET_S, Forecast
from line import Line

from server.client.link import Link
from server.client.submission import Submission
from tests.running import RunningServer, submission, until

NONE = "Say what it should become; this line then says how long that takes."


@pytest.fixture
def line(pondering: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    monkeypatch.setenv("OVERPAINT_HOME", str(pondering.home))
    line = Line(Link("gimp"))
    line.link.open()
    until(lambda: line.listen() is not None and line.welcome is not None, "the server")
    yield line
    line.link.close()


def answered(forecast: Forecast, line: Line) -> str:
    """What it says once the server has answered what is asked now."""

    def worked() -> bool:
        for event in line.listen():
            forecast.hear(event)
        forecast.ask(time.monotonic() + QUIET_S)
        return forecast.text not in (NONE, "Working out how long it takes…")

    until(worked, "a forecast")
    return forecast.text


def test_it_says_how_long_and_how_much(line: Line) -> None:
    forecast = Forecast(line, lambda: submission("ponder", steps=400, prompt="a dog that sits"))
    forecast.change(time.monotonic())
    assert answered(forecast, line) == (
        "Learning the picture takes about 40 seconds, each answer then about 1 second. It needs about 0.5 GB of memory."
    )


def test_without_words_nothing_is_asked(line: Line) -> None:
    forecast = Forecast(line, lambda: None)
    forecast.change(0.0)
    forecast.ask(QUIET_S)
    assert forecast.text == NONE
    assert not line.link.active


def test_only_what_has_rested_is_asked_about(line: Line) -> None:
    asked: list[float] = []

    def request() -> Submission | None:
        asked.append(1)
        return None

    forecast = Forecast(line, request)
    for now in (0.0, 0.5, 1.0):
        forecast.change(now)
        forecast.ask(now + QUIET_S / 2)
    assert asked == []
    forecast.ask(1.0 + QUIET_S)
    forecast.ask(9.0)
    assert asked == [1]


def test_a_large_picture_is_named_in_turns_and_a_change_meanwhile_begins_anew(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("estimate.BUDGET_S", 0.0)  # one piece a turn
    steps = [100]
    forecast = Forecast(line, lambda: submission("ponder", steps=steps[-1], prompt="a dog"))
    forecast.change(0.0)
    forecast.ask(QUIET_S)
    assert forecast.text == "Working out how long it takes…"
    assert not line.link.active  # nothing is asked before the name is there
    steps.append(400)
    forecast.change(1.0)
    assert "about 40 seconds" in answered(forecast, line)


def test_what_cannot_be_foretold_is_said_with_its_reason(line: Line) -> None:
    forecast = Forecast(line, lambda: submission("erase"))
    forecast.change(time.monotonic())
    assert answered(forecast, line) == (
        "Erase cannot be estimated. Start it: it says itself how long it will take."
    )


def test_the_answer_to_an_older_question_does_not_count(line: Line) -> None:
    steps = [100]
    forecast = Forecast(line, lambda: submission("ponder", steps=steps[-1], prompt="a dog"))
    forecast.change(0.0)
    forecast.ask(QUIET_S)
    steps.append(400)
    forecast.change(1.0)
    forecast.ask(1.0 + QUIET_S)
    assert "about 40 seconds" in answered(forecast, line)
