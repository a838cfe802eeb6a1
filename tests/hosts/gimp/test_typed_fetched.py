"""Answers of every kind for which GIMP did not wait: kept by the server over its restart, and brought in afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.foreign.answerers import MARGIN, RAMP
from tests.hosts.gimp.desk import Desk
from tests.hosts.gimp.pixels import load
from tests.running import RunningServer

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def fetched(desk: Desk, gimp_server: RunningServer) -> tuple[Path, dict[str, Any]]:
    report, outcome = desk.console("left", desk.host.work / "left", timeout=400)
    assert report.get("left"), outcome.output
    gimp_server.stop()
    gimp_server.start()
    out = desk.host.work / "fetched"
    report, outcome = desk.console("fetched", out, timeout=400)
    assert "Traceback" not in outcome.output, outcome.output
    return out, report


def test_each_becomes_what_it_is_one_after_the_other(fetched: tuple[Path, dict[str, Any]]) -> None:
    """The selection first, taken from all of it as it was asked for; those that follow enlarge and move it."""
    out, report = fetched
    found = report["brought"]
    assert (found["status"], found["error"]) == ("success", "")
    left, top, _, _ = MARGIN
    assert found["size"] == [2 * 96 + left, 2 * 80 + top]
    assert found["names"] == ["two scraps", "Expanded", "Enlarged", "Paint"]
    assert [new["name"] for new in found["layers"]] == ["Enlarged", "Expanded", "Under", "Over"]
    selected = load(out, found["selected"])[..., 0]
    x, y, right, bottom = RAMP
    rows, columns = np.nonzero(selected[top : top + 2 * 80, left : left + 2 * 96] < 0.5)
    assert abs(rows.min() - 2 * y) <= 1
    assert abs(rows.max() - (2 * bottom - 1)) <= 1
    assert abs(columns.max() - (2 * right - 1)) <= 1
    assert columns.min() > 2 * x


def test_each_is_brought_in_once(fetched: tuple[Path, dict[str, Any]]) -> None:
    assert "No answers from before are waiting." in fetched[1]["once more"][1]


def test_a_smaller_image_than_it_was_made_from_gets_no_larger_canvas(fetched: tuple[Path, dict[str, Any]]) -> None:
    _, report = fetched
    assert report["small"][0] == "execution-error"
    assert "belongs to a larger image" in report["small"][1]
    assert report["small-size"] == [50, 40]
