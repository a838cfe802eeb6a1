"""Imagic as a script in the real GIMP asks for it: learning first, then painting at any strength, with the built-in
illustration model. What it paints is not judged here, only where it lands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.hosts.gimp.desk import Desk, lay_out
from tests.hosts.gimp.pixels import load
from tests.hosts.host import Host
from tests.running import RunningServer

pytestmark = pytest.mark.timeout(1800)

SELECTED = np.s_[20:38, 30:54]

REFUSED = {
    "no_words": "There are no words yet. Say what should be here.",
    "no_strength": "“a lot” is no edit strength. Write one like 0.7",
    "unknown_preset": "has no preset “alchemy”",
    "too_many": "6 edit strengths with 3 variations each are 18 answers",
    "a_hidden_layer": "‘Ink’ is hidden. Show it (the eye in the Layers dialog), or choose another layer.",
    "a_group": "‘Group’ is a group of layers. Choose a layer inside it.",
}


@pytest.fixture(scope="module")
def learning_desk(host: Host) -> Iterator[Desk]:
    """A GIMP beside a server with the built-in model alone."""
    home = host.work / "op-learn"
    home.mkdir()
    server = RunningServer(home, "--device", "cpu", environment={"OMP_NUM_THREADS": "1"})
    yield lay_out(host, home, "gimp-learn")
    server.stop()


@pytest.fixture(scope="module")
def shown(learning_desk: Desk) -> tuple[Path, dict[str, Any], str]:
    out = learning_desk.host.work / "imagic"
    report, outcome = learning_desk.console("imagic", out, timeout=1500)
    assert report.get("finished"), f"GIMP did not run to the end\n{outcome.output}"
    return out, report, outcome.output


def case(shown: tuple[Path, dict[str, Any], str], name: str) -> dict[str, Any]:
    found: dict[str, Any] = shown[1][name]
    assert "traceback" not in found, found["traceback"]
    return found


def recipe(layer: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(layer["note"])["made"]["recipe"]
    return made


DONE = (
    *("one_strength", "usual_strength", "several_strengths", "several_strengths_and_variations"),
    *("in_a_group", "run_again"),
)


@pytest.mark.parametrize("name", DONE)
def test_the_layer_is_left_as_it_was(shown: Any, name: str) -> None:
    found = case(shown, name)
    assert (found["status"], found["error"]) == ("success", "")
    assert np.array_equal(load(shown[0], found["before"]), load(shown[0], found["after"]))


@pytest.mark.parametrize("name", ("one_strength", "several_strengths", "in_a_group", "run_again"))
def test_only_the_selected_part_changes(shown: Any, name: str) -> None:
    found = case(shown, name)
    seen, control = load(shown[0], found["seen"])[..., :3], load(shown[0], found["control"])[..., :3]
    changed = (seen != control).any(axis=-1)
    outside = np.ones(changed.shape, bool)
    outside[SELECTED] = False
    assert not changed[outside].any()
    assert changed[SELECTED].any()
    for new in found["layers"]:
        alpha = load(shown[0], new)[..., -1]
        assert not alpha[outside].any()
        assert alpha[SELECTED].all()


def test_one_strength_is_one_layer_above_its_source(shown: Any) -> None:
    found = case(shown, "one_strength")
    (new,) = found["layers"]
    assert (new["name"], new["parent"], new["position"], found["added"]) == ("a dog that sits", None, 0, 1)
    assert new["encoding"] == "R'G'B'A u16"
    assert (recipe(new)["eta"], recipe(new)["seed"]) == ([0.8], 7)
    assert json.loads(new["note"])["kind"] == "imagic"


def test_several_strengths_are_a_group_of_which_the_strongest_is_seen(shown: Any) -> None:
    found = case(shown, "several_strengths")
    assert found["added"] == 1
    names = ["a dog that sits 0.5", "a dog that sits 0.75", "a dog that sits 1"]
    assert [new["name"] for new in found["layers"]] == names
    assert {new["parent"] for new in found["layers"]} == {"a dog that sits"}
    assert [new["position"] for new in found["layers"]] == [2, 1, 0]
    assert [new["visible"] for new in found["layers"]] == [False, False, True]
    assert [recipe(new)["eta"] for new in found["layers"]] == [[0.5], [0.75], [1.0]]
    first, last = (load(shown[0], found["layers"][index]) for index in (0, 2))
    assert not np.array_equal(first[SELECTED], last[SELECTED])


def test_strengths_and_variations_say_both(shown: Any) -> None:
    found = case(shown, "several_strengths_and_variations")
    expected = [(eta, seed) for eta in (0.5, 0.7) for seed in (7, 8)]
    assert [(recipe(new)["eta"][0], recipe(new)["seed"]) for new in found["layers"]] == expected
    assert [new["name"] for new in found["layers"]][-1] == "a dog that sits 0.7 · 2"
    assert {new["encoding"] for new in found["layers"]} == {"Y'A u8"}


def test_in_a_group_the_answers_stay_in_it(shown: Any) -> None:
    found = case(shown, "in_a_group")
    assert found["added"] == 0
    assert {new["parent"] for new in found["layers"]} == {"a dog that sits"}


def test_run_again_makes_that_very_strength_again(shown: Any) -> None:
    found = case(shown, "run_again")
    assert found["again"]["error"] == ""
    (again,) = found["again"]["layers"]
    assert recipe(again)["eta"] == [0.5]
    assert np.array_equal(load(shown[0], again), load(shown[0], found["layers"][0]))


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_done_is_refused_with_a_sentence(shown: Any, name: str) -> None:
    found = case(shown, name)
    assert found["status"] == "execution-error"
    assert REFUSED[name] in found["error"]
    assert found["untouched"]


def test_no_traceback_was_printed(shown: Any) -> None:
    assert "Traceback" not in shown[2]
