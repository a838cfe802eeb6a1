"""Layers that do not look like their own numbers, through the real GIMP: what is erased looks like what is around it.

Each case was built twice inside GIMP, with a blot and without. The blot erased, both pictures must be the same.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.hosts.gimp.desk import INSIDE, Desk
from tests.hosts.gimp.pixels import levels
from tests.running import RunningServer

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1800)]

UNSEEN = 3
"""Levels of 255 that nobody sees."""

CHOSEN = np.s_[54:96, 74:116]


def names() -> list[str]:
    """Of the cases, as the scripts inside give them."""
    text = "".join((INSIDE / name).read_text() for name in ("looks.py", "surroundings.py"))
    drawn = re.findall(r"^@look\ndef (\w+)", text, re.MULTILINE)
    modes = re.findall(r'"([A-Z_]+)"', text[text.index("MODES = (") : text.index("for each in MODES")])
    others = re.findall(r'^(?:group|deep)_case\("(\w+)"', text, re.MULTILINE)
    return [*drawn, *(f"mode_{mode.lower()}" for mode in modes), *others]


class Looked:
    def __init__(self, out: Path, report: dict[str, Any]) -> None:
        self.out, self.report = out, report

    def case(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.report[name]
        assert "traceback" not in found, found["traceback"]
        assert (found["status"], found["error"]) == ("success", "")
        return found

    def picture(self, name: str, which: str) -> npt.NDArray[np.float64]:
        return levels(self.out, self.case(name)[which])


@pytest.fixture(scope="module")
def looked(desk: Desk, gimp_server: RunningServer) -> Looked:
    out = desk.host.work / "looks"
    report, outcome = desk.console("looks", out, timeout=1500, fonts=True)
    assert report.get("finished"), f"GIMP did not run to the end\n{outcome.output}"
    assert "Traceback" not in outcome.output, outcome.output
    return Looked(out, report)


@pytest.mark.parametrize("name", names())
def test_what_was_erased_looks_as_if_it_had_never_been_there(looked: Looked, name: str) -> None:
    clean, after = looked.picture(name, "clean"), looked.picture(name, "after")
    assert np.abs(clean[..., -1] - after[..., -1]).max() <= UNSEEN
    seen = (clean[..., -1] > 0) & (after[..., -1] > 0)
    assert np.abs(clean - after)[seen].max() <= UNSEEN


@pytest.mark.parametrize("name", names())
def test_nothing_else_changes(looked: Looked, name: str) -> None:
    """Neither what one sees beside the selection nor the layer itself, nor is anything left behind."""
    found = looked.case(name)
    before, after = looked.picture(name, "before"), looked.picture(name, "after")
    before[CHOSEN] = after[CHOSEN] = 0
    assert np.abs(before - after).max() <= 1
    assert np.array_equal(looked.picture(name, "own"), looked.picture(name, "own_after"), equal_nan=True)
    assert found["same_choice"]
    assert found["images"] == found["images_before"]


@pytest.mark.parametrize("name", ["masked_on_nothing", "clipped_to_backdrop", "multiply_over_a_cutout", "intersection"])
def test_what_was_hidden_stays_hidden(looked: Looked, name: str) -> None:
    before, after = looked.picture(name, "before"), looked.picture(name, "after")
    hidden = before[..., -1] == 0
    assert hidden[CHOSEN].any()
    assert not after[hidden][:, -1].any()
