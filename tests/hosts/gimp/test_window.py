"""GIMP with its windows, by keyboard: one undo step, the dialog, an edit from it. Screenshots are for looking at."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.gimp.desk import Desk
from tests.hosts.gimp.window import Window, window_of
from tests.running import RunningServer

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def window(desk: Desk, gimp_server: RunningServer) -> Iterator[Window]:
    with window_of(desk) as made:
        yield made


@pytest.fixture(scope="module")
def erased(window: Window) -> Any:
    window.begin("edit")
    return window.said("erased")


def test_erase_needs_no_dialog(window: Window, erased: Any, artefacts: Path) -> None:
    window.display.screenshot(artefacts / "gimp-erased.png")
    assert (erased["status"], erased["error"]) == ("success", "")
    assert erased["names"] == ["Erased", "Paint"]


def test_one_undo_takes_the_whole_answer_back(window: Window, erased: Any) -> None:
    window.display.keys("ctrl+z")
    window.begin("undone")
    assert window.said("undone") == {"names": ["Paint"], "selected": True}


def test_filters_has_an_overpaint_menu_that_works(window: Window, erased: Any, artefacts: Path) -> None:
    window.begin("undone")
    window.said("undone")
    window.begin("menu")
    window.display.keys("alt+r", "Up", "Right")
    time.sleep(1)  # only for the picture: keys wait their turn
    window.display.screenshot(artefacts / "gimp-menu.png")
    window.display.keys("e")
    assert window.said("menu") == ["Erased", "Paint"]


@pytest.fixture(scope="module")
def asked(window: Window, erased: Any, artefacts: Path) -> Any:
    """Fill in the dialog as a person would, and press Enter."""
    display = window.display
    for step in ("undone", "menu", "ask"):
        window.begin(step)
    dialog = display.wait_for_window("^Replace Selection$")
    display.settle(dialog, artefacts / "gimp-dialog.png")  # the server's lists have filled in
    for unfold in ("alt+n", "alt+o"):
        display.keys(unfold)
        display.settle(dialog)
    display.keys("alt+p")
    display.run("xdotool", "type", "2")
    display.keys("alt+w")
    display.run("xdotool", "type", "a wooden bench")
    display.settle(dialog, artefacts / "gimp-dialog-unfolded.png")
    display.keys("Return")
    display.screenshot(artefacts / "gimp-working.png")
    return window.said("asked")


def test_the_dialog_makes_what_was_asked_for(asked: Any) -> None:
    assert (asked["status"], asked["error"]) == ("success", "")
    (new,) = asked["layers"]
    assert new["name"] == "a wooden bench"
    recipe = json.loads(new["note"])["made"]["recipe"]
    assert (recipe["prompt"], recipe["steps"]) == ("a wooden bench", 2)


def test_a_forgotten_selection_is_a_plain_sentence(window: Window, asked: Any, artefacts: Path) -> None:
    """No error of a procedure: GIMP shows the sentence alone, with our name above it."""
    window.begin("forget")
    assert window.said("forgotten") == {"status": "cancel", "layers": 0}
    time.sleep(2)  # only for the picture
    window.display.screenshot(artefacts / "gimp-forgotten.png")
    assert not [title for title in window.display.titles() if "Error" in title]


def test_the_dialogs_letters_clash_with_none_of_gimps(window: Window, asked: Any) -> None:
    assert b"duplicate mnemonic" not in window.log.read_bytes()
