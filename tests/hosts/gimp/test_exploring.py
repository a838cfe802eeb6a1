"""The two dialogs of the method that learns first, by keyboard in the real GIMP. Screenshots are for looking at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.wire.recipe import USUAL_ETA
from tests.hosts.gimp.desk import Desk, lay_out
from tests.hosts.gimp.window import Window, window_of
from tests.hosts.host import Host
from tests.running import PONDERING, RunningServer

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def exploring_desk(host: Host) -> Iterator[Desk]:
    """As for the console. What learns here is the method made for tests, in an instant."""
    home = host.work / "op-explore"
    home.mkdir()
    server = RunningServer(home, "--device", "cpu", environment={**PONDERING, "OMP_NUM_THREADS": "1"})
    yield lay_out(host, home, "gimp-explore")
    server.stop()


@pytest.fixture(scope="module")
def window(exploring_desk: Desk) -> Iterator[Window]:
    with window_of(exploring_desk, "exploring") as made:
        yield made


@pytest.fixture(scope="module")
def explored(window: Window, artefacts: Path) -> Any:
    """Say what it should become, keep one strength, move the slider by its number, keep another."""
    display = window.display
    window.begin("ask")
    dialog = display.wait_for_window("^Edit with a Prompt$")
    display.settle(dialog)
    display.keys("alt+w")
    display.run("xdotool", "type", "a dog that sits")
    display.settle(dialog, artefacts / "gimp-imagic-dialog.png")  # the forecast has come
    display.keys("Return")
    display.screenshot(artefacts / "gimp-imagic-learning.png")
    strength = display.wait_for_window("^Edit Strength$")
    display.settle(strength, artefacts / "gimp-imagic-strength.png")
    display.keys("alt+k")
    display.settle(strength)
    display.keys("alt+s", "ctrl+a")
    display.run("xdotool", "type", "1.23")
    display.keys("Tab")
    display.settle(strength, artefacts / "gimp-imagic-moved.png")  # another strength is painted
    display.keys("alt+k")
    display.settle(strength)
    display.keys("alt+b")
    display.settle(strength, artefacts / "gimp-imagic-before.png")
    display.keys("alt+c")
    return window.said("explored")


def test_each_keep_makes_a_layer_and_the_selection_stays(explored: Any) -> None:
    assert (explored["status"], explored["error"]) == ("success", "")
    assert explored["names"] == ["a dog that sits 1.23", f"a dog that sits {USUAL_ETA}", "Paint"]
    assert explored["selected"]
    etas = [json.loads(new["note"])["made"]["recipe"]["eta"] for new in explored["layers"]]
    assert etas == [[USUAL_ETA], [1.23]]


def test_each_keep_is_one_step_to_undo(window: Window, explored: Any) -> None:
    picture = window.display.wait_for_window(r"Untitled.*GIMP$")
    window.display.run("xdotool", "windowactivate", "--sync", picture, "key", "ctrl+z")
    window.begin("undone")
    assert window.said("undone") == [f"a dog that sits {USUAL_ETA}", "Paint"]


def test_the_dialogs_letters_clash_with_none_of_gimps(window: Window, explored: Any) -> None:
    assert b"duplicate mnemonic" not in window.log.read_bytes()
