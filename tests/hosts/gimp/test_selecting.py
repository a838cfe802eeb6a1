"""What was roughly selected or pointed at is found, in the real GIMP: by the server's own methods."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from server.client.translation import ENGLISH, use_language
from server.documents import png
from server.documents.image import Image
from tests.hosts.gimp.desk import Desk
from tests.hosts.gimp.shown import Shown
from tests.running import RunningServer
from tests.selecting.pictures import ball, disc, overlap

pytestmark = [pytest.mark.torch, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def shown(desk: Desk, gimp_server: RunningServer) -> Shown:
    use_language(ENGLISH)
    levels = (ball().rgb * 255).round().astype(np.uint8)
    path = desk.host.work / "ball.png"
    path.write_bytes(png.encode(Image(levels)))
    out = desk.host.work / "selecting"
    report, outcome = desk.console("selecting", out, timeout=600, env={"OVERPAINT_TEST_BALL": str(path)})
    return Shown(out, report, outcome.output)


def selected(shown: Shown, name: str) -> npt.NDArray[np.float32]:
    found = shown.case(name)
    assert (found["status"], found["error"]) == ("success", "")
    assert len(found["names"]) == 1  # no layer more
    return shown.pixels(found["selected"])[..., 0].astype(np.float32)


def test_snap_to_object_makes_a_box_the_things_outline_with_its_soft_edge(shown: Shown) -> None:
    mask = selected(shown, "a_box_snaps")
    assert overlap(mask, disc()) > 0.95
    assert len(np.unique(mask.round(2))) > 10


def test_where_nothing_is_the_selection_stays_and_that_is_said(shown: Shown) -> None:
    found = shown.case("nothing_is_there")
    assert "Nothing with an outline of its own was found there." in found["error"]
    assert shown.pixels(found["selected"])[24:97, 52:128].min() == 1


def test_each_part_of_the_selection_is_a_click(shown: Shown) -> None:
    assert overlap(selected(shown, "parts_are_clicks"), disc()) > 0.95


def test_points_of_a_script_are_found_and_added_to_what_is_selected(shown: Shown) -> None:
    mask = selected(shown, "points_are_added")
    assert (mask[45, 90], mask[80, 90], mask[5, 5]) == (1, 0, 1)


def test_the_anchors_of_a_path_are_clicks_and_those_of_its_further_parts_are_not_meant(shown: Shown) -> None:
    mask = selected(shown, "a_path_points")
    assert (mask[45, 90], mask[80, 90]) == (1, 0)


def test_the_subject_and_the_background_are_each_others_complement(shown: Shown) -> None:
    subject, behind = (selected(shown, name) for name in ("the_subject", "the_background"))
    assert overlap(subject, disc()) > 0.95
    assert np.abs(subject + behind - 1).max() < 0.02
