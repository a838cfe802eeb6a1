"""Edits after edits, in the real GIMP: a second one sees the answer of the first and lies above it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.hosts.gimp.desk import Desk
from tests.hosts.gimp.pixels import levels, load
from tests.running import RunningServer

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1800)]


class Answered:
    def __init__(self, desk: Desk) -> None:
        self.out = desk.host.work / "answers"
        self.report, outcome = desk.console("answers", self.out, timeout=1500)
        assert self.report.get("finished"), f"GIMP did not run to the end\n{outcome.output}"
        assert "Traceback" not in outcome.output, outcome.output

    def case(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.report[name]
        assert "traceback" not in found, found["traceback"]
        assert all(status == ["success", ""] for status in found["statuses"]), found["statuses"]
        return found

    def picture(self, name: str, which: str) -> npt.NDArray[np.float64]:
        return levels(self.out, self.case(name)[which])


@pytest.fixture(scope="module")
def answered(desk: Desk, gimp_server: RunningServer) -> Answered:
    return Answered(desk)


TWICE = {
    "one_after_the_other": ["Erased", "First", "Ink", "Paper"],
    "through_opacity": ["Erased", "First", "Ink", "Paper"],
    "the_answer_itself_chosen": ["Erased", "First", "Ink", "Paper"],
    "something_put_between": ["Erased", "First", "Tint", "Ink", "Paper"],
    "the_answer_in_a_group": ["Erased", "Answers", "Ink", "Paper"],
    "first_the_visible_picture": ["Erased", "First", "Above", "Ink", "Paper"],
    "then_the_visible_picture": ["Erased", "First", "Ink", "Paper"],
    "under_a_visible_answer_in_a_group": ["Erased", "First", "Group", "Paper"],
}
REPEATED = (
    "run_again_sees_what_the_first_saw",
    "run_again_on_the_visible_picture",
    "run_again_after_the_canvas_has_grown",
)


@pytest.mark.parametrize("name", TWICE)
def test_a_second_edit_lies_above_the_first(answered: Answered, name: str) -> None:
    assert answered.case(name)["names"] == TWICE[name]


@pytest.mark.parametrize("name", TWICE)
def test_the_second_answer_is_seen(answered: Answered, name: str) -> None:
    """What was green is not any more."""
    assert answered.picture(name, "after")[60:90, 100:120, 1].max() < 200


UNLIKE = ("something_put_between", "first_the_visible_picture")
"""Here something was put between the answers by hand, which the first one covers."""


@pytest.mark.parametrize(
    "name", [*(each for each in TWICE if each not in UNLIKE), "a_hidden_answer_is_not_seen", *REPEATED]
)
def test_all_that_was_erased_looks_as_if_it_had_never_been_there(answered: Answered, name: str) -> None:
    assert np.abs(answered.picture(name, "clean") - answered.picture(name, "after")).max() <= 3


@pytest.mark.parametrize("name", REPEATED)
def test_run_again_gives_the_same_answer_in_the_same_part(answered: Answered, name: str) -> None:
    found = answered.case(name)
    assert np.array_equal(load(answered.out, found["first"]), load(answered.out, found["again"]))
    assert found["offsets"] == [0]


def test_a_cutout_that_is_redrawn_keeps_its_outline(answered: Answered) -> None:
    """Its half transparent rim becomes as opaque as what one sees there, and nothing is painted beside it."""
    found = answered.case("a_cutout_redrawn_keeps_its_outline")
    (new,) = found["new"]
    shown = load(answered.out, new)[..., -1] > 0
    expected = np.zeros((160, 200), bool)
    expected[30:80, 30:110] = True
    x, y = new["x"], new["y"]
    assert np.array_equal(shown, expected[y : y + new["height"], x : x + new["width"]])
    before, after = answered.picture("a_cutout_redrawn_keeps_its_outline", "before"), None
    after = answered.picture("a_cutout_redrawn_keeps_its_outline", "after")
    assert np.array_equal(before[~expected], after[~expected])
    assert not np.array_equal(before[expected], after[expected])


def test_a_glaze_that_is_redrawn_is_as_transparent_as_before(answered: Answered) -> None:
    before, after = (answered.picture("a_glaze_redrawn_stays_one", which) for which in ("before", "after"))
    assert np.array_equal(before[..., -1], after[..., -1])
    assert not np.array_equal(before, after)


def test_words_may_put_something_where_nothing_is(answered: Answered) -> None:
    after = answered.picture("words_fill_what_is_empty", "after")
    assert (after[60:90, 80:100, -1] == 255).all()
    assert not after[100:, :, -1].any()
    note = json.loads(answered.case("words_fill_what_is_empty")["sent"]["note"])
    assert note["made"]["source"] == "New"
