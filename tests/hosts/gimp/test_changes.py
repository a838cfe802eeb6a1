"""The document is changed while an edit runs: its answer follows, or a sentence says why not and it is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.hosts.gimp.desk import Desk
from tests.hosts.gimp.pixels import levels
from tests.running import RunningServer

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1800)]

FOLLOWED = (
    *("nothing", "canvas_grown", "canvas_cut", "all_moved", "made_gray", "made_deep", "made_float", "other_profile"),
    *("painted_elsewhere", "another_put_above", "selection_gone", "made_deep_with_another_profile"),
)

KEPT = {
    "scaled": "has another size now than when this edit began.",
    "cropped": "has another size now than when this edit began.",
    "turned": "has another size now than when this edit began.",
    "turned_around": "looks different there now than when this edit began.",
    "flipped": "looks different there now than when this edit began.",
    "profile_assigned": "looks different there now than when this edit began.",
    "indexed": "This image has a fixed palette of colours.",
    "hidden": "",
    "removed": "",
    "opacity_changed": "looks different there now than when this edit began.",
    "mode_changed": "looks different there now than when this edit began.",
    "painted_there": "looks different there now than when this edit began.",
    "put_into_a_group": "looks different there now than when this edit began.",
    "floating": "A floating selection waits to be placed.",
    "closed": "The image was closed while this edit was running.",
}

READINGS = ("layer", "visible")


class Changed:
    def __init__(self, desk: Desk) -> None:
        self.out = desk.host.work / "changes"
        self.report, outcome = desk.console("changes", self.out, timeout=1500)
        assert self.report.get("finished"), f"GIMP did not run to the end\n{outcome.output}"

    def case(self, name: str, reading: str) -> dict[str, Any]:
        found = self.report[name]
        assert "traceback" not in found, found["traceback"]
        case: dict[str, Any] = found[reading]
        return case

    def apart(self, name: str, reading: str, one: str) -> float:
        """The most by which picture ``one`` differs from that after the answer, in levels of 255."""
        found = self.case(name, reading)
        return float(np.abs(levels(self.out, found[one]) - levels(self.out, found["after"])).max())


@pytest.fixture(scope="module")
def changed(desk: Desk, gimp_server: RunningServer) -> Changed:
    return Changed(desk)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("name", FOLLOWED)
def test_the_answer_lies_where_its_source_lies_now(changed: Changed, name: str, reading: str) -> None:
    assert changed.case(name, reading)["error"] == ""
    assert changed.apart(name, reading, "before") > 20
    assert changed.apart(name, reading, "clean") <= 3


def test_the_answer_follows_a_layer_that_is_moved_alone(changed: Changed) -> None:
    assert changed.case("layer_moved", "layer")["error"] == ""
    assert changed.apart("layer_moved", "layer", "clean") <= 3


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("name", KEPT)
def test_an_answer_that_would_not_fit_is_kept_and_said_to_be(changed: Changed, name: str, reading: str) -> None:
    found = changed.case(name, reading)
    assert KEPT[name] in found["error"]
    assert found["error"].endswith("then Filters > Overpaint > Bring In Earlier Answers.")
    assert [layer["name"] for layer in found["kept"]] == ["Erased"]
    assert not found["layers"]
    if name not in ("closed", "indexed"):  # an indexed picture has no numbers to compare
        assert changed.apart(name, reading, "before") == 0
