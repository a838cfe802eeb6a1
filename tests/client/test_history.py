"""What a host remembers of earlier edits."""

from __future__ import annotations

import pytest

from server.client.history import Drafts, Durations, PromptHistory


def test_up_and_down_walk_through_earlier_words_and_back_to_the_draft() -> None:
    history = PromptHistory()
    for prompt in ("first", "second", "first"):
        history.add(prompt)
    shown = "dra"
    walked = []
    for step in (history.older, history.older, history.older, history.newer, history.newer, history.newer):
        shown = step(shown)
        walked.append(shown)
    assert walked == ["first", "second", "second", "first", "dra", "dra"]


def test_the_history_is_kept_between_starts_and_does_not_grow_without_end() -> None:
    history = PromptHistory()
    for number in range(80):
        history.add(f"prompt {number}")
    again = PromptHistory(history.dump())
    assert again.older("") == "prompt 79"
    assert again.dump() == history.dump()
    assert again.dump().count("prompt") == PromptHistory.LONGEST


@pytest.mark.parametrize("text", ["{", "{}", "[1, null]", "3"])
def test_an_unreadable_history_is_empty(text: str) -> None:
    assert PromptHistory(text).older("draft") == "draft"
    assert Durations(text).expected("erase", "", "CPU") is None


def test_how_long_it_takes_is_said_only_when_it_is_long() -> None:
    pace = Durations()
    pace.note("erase", "", "CPU", 3.0)
    pace.note("inpaint", "sdxl", "CPU", 41.23)
    again = Durations(pace.dump())
    assert again.expected("erase", "", "CPU") is None
    assert again.expected("inpaint", "sdxl", "CPU") == 41.2
    assert again.expected("inpaint", "sdxl", "CUDA") is None


def test_every_picture_has_its_own_words() -> None:
    words = Drafts()
    assert words.of("", "written first") == "written first"
    assert words.of("one", "written first") == "written first"
    assert words.of("two", "written first") == ""
    assert words.of("one", "for two") == "written first"
    assert words.of("two", "written first") == "for two"
