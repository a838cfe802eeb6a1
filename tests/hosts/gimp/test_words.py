"""A selection replaced after words in the real GIMP, by the model that comes with Overpaint and no other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.hosts.gimp.desk import Desk, lay_out
from tests.hosts.gimp.pixels import load
from tests.hosts.host import Host
from tests.hosts.likeness import DOG, PICTURES, likest
from tests.running import RunningServer

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1200)]

X, Y, WIDTH, HEIGHT = DOG
SELECTED = np.s_[Y : Y + HEIGHT, X : X + WIDTH]


@pytest.fixture(scope="module")
def bare_desk(host: Host) -> Iterator[Desk]:
    """A GIMP beside a server for which nobody installed a model."""
    home = host.work / "op-bare"
    home.mkdir()
    server = RunningServer(home, "--device", "cpu")
    yield lay_out(host, home, "gimp-bare")
    server.stop()


@pytest.fixture(scope="module")
def shown(bare_desk: Desk) -> tuple[Path, dict[str, Any]]:
    work = bare_desk.host.work
    picture = shutil.copy(PICTURES / "illustrations/friends.png", work / "friends.png")
    told = {"OVERPAINT_TEST_PICTURE": str(picture), "OVERPAINT_TEST_SELECTION": " ".join(map(str, DOG))}
    report, outcome = bare_desk.console("words", work / "words", timeout=900, env=told)
    assert report.get("finished"), f"GIMP did not run to the end\n{outcome.output}"
    return work / "words", report


@pytest.mark.parametrize("name", ("panda", "fox"))
def test_the_selection_becomes_what_the_words_say(shown: tuple[Path, dict[str, Any]], name: str) -> None:
    out, report = shown
    found = report[name]
    assert (found["status"], found["error"]) == ("success", "")
    (new,) = found["layers"]
    assert new["name"].startswith(name)
    before, seen = load(out, found["before"])[..., :3], load(out, found["seen"])[..., :3]
    assert likest(seen[SELECTED]) == name
    seen[SELECTED] = before[SELECTED]
    assert np.array_equal(seen, before)  # nothing else changed
    assert np.array_equal(load(out, found["after"]), load(out, found["before"]))


def test_a_picture_of_the_words_alone_is_a_layer_in_the_outline_of_the_selection(
    shown: tuple[Path, dict[str, Any]],
) -> None:
    out, report = shown
    found = report["created"]
    assert (found["status"], found["error"]) == ("success", "")
    assert [new["name"].split()[0] for new in found["layers"]] == ["panda"]
    assert likest(load(out, found["seen"])[SELECTED][..., :3]) == "panda"


def test_a_picture_on_a_transparent_background_is_cut_out_of_its_paper(shown: tuple[Path, dict[str, Any]]) -> None:
    out, report = shown
    found = report["cut_out"]
    assert (found["status"], found["error"]) == ("success", "")
    alpha = load(out, found["layers"][0])[..., 3]
    assert alpha[0].max() == 0
    assert 0.2 < (alpha == 255).mean() < 0.9


def test_an_effect_is_a_layer_with_its_own_opacity_in_the_selection(shown: tuple[Path, dict[str, Any]]) -> None:
    out, report = shown
    found = report["effect"]
    assert (found["status"], found["error"]) == ("success", "")
    (new,) = found["layers"]
    assert len(np.unique(load(out, new)[..., 3])) > 20
    before, seen = load(out, found["before"])[..., :3], load(out, found["seen"])[..., :3]
    seen[SELECTED] = before[SELECTED]
    assert np.array_equal(seen, before)
    assert np.array_equal(load(out, found["after"]), load(out, found["before"]))


def test_the_same_words_by_several_methods_are_a_group_of_layers(shown: tuple[Path, dict[str, Any]]) -> None:
    found = shown[1]["compared"]
    assert (found["status"], found["error"]) == ("success", "")
    assert sorted(name.split(" · ")[0] for name in found["names"]) == ["Redraw 0.6", "Replace"]
    assert found["parents"] == ["fox", "fox"]


def test_enlarged_it_is_twice_as_large_with_crisp_edges(shown: tuple[Path, dict[str, Any]]) -> None:
    out, report = shown
    found = report["enlarged"]
    assert (found["status"], found["error"]) == ("success", "")
    assert found["size"] == [2 * 640, 2 * 264]
    larger, resampled = (load(out, found[name])[..., :3].astype(float) for name in ("larger", "resampled"))
    assert np.abs(larger - resampled).mean() < 3  # the same picture
    assert steepest(larger) > steepest(resampled)


def test_what_is_named_is_selected_and_lifted_out_as_a_group_that_looks_as_before(
    shown: tuple[Path, dict[str, Any]],
) -> None:
    out, report = shown
    found = report["found_by_name"]
    assert (found["status"], found["error"]) == ("success", "")
    some, left, top, right, bottom = found["chosen"]
    assert some
    assert (left >= X, top >= Y, right <= X + WIDTH, bottom <= Y + HEIGHT) == (True,) * 4
    assert found["lifted"] == ["success", ""]
    assert (found["group"], found["names"]) == (["Lifted out, Behind it"], ["Lifted out", "Behind it"])
    after, before = (load(out, part) for part in found["same"])
    assert np.array_equal(after, before)
    thing = load(out, found["parts"][0])
    assert len(np.unique(thing[..., 3])) > 10
    assert np.abs(load(out, found["seen"])[..., :3].astype(int) - before[..., :3]).mean() < 0.5


def test_leditspp_is_a_layer_of_the_strength_that_was_asked_for(shown: tuple[Path, dict[str, Any]]) -> None:
    found = shown[1]["edited_at_once"]
    assert (found["status"], found["error"]) == ("success", "")
    assert found["names"] == ["fox on white background, cartoon"]
    assert (found["outside"], found["inside"]) == (False, True)


def test_unitune_learns_once_and_paints_other_words_at_once(shown: tuple[Path, dict[str, Any]]) -> None:
    first, second = shown[1]["learned_once"]["runs"]
    for found in (first, second):
        assert (found["status"], found["error"], len(found["names"])) == ("success", "", 1)
    assert second["seconds"] < first["seconds"]


def steepest(picture: np.ndarray) -> float:
    """The mean of the thousandth part of steps between neighbours that are the largest."""
    steps = np.sort(np.abs(np.diff(picture, axis=1)).ravel())
    return float(steps[-len(steps) // 1000 :].mean())
