"""GIMP with its windows, by keyboard: one undo step, the dialog, an edit from it. Screenshots are for looking at."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.gimp.desk import Desk
from tests.hosts.host import end
from tests.hosts.screen import Screen, screen
from tests.running import RunningServer

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1800)]

PATIENCE = 400


class Window:
    """A GIMP that runs ``inside/window.py`` (or another ``script``): files begin the steps, the report answers."""

    def __init__(self, desk: Desk, display: Screen, script: str = "window") -> None:
        self.display, self.out = display, desk.host.work / script
        self.log = desk.host.work / f"{script}.log"
        command = ["gimp", "-n", "-s", *desk.script(script, self.out)]
        variables = {**display.environment, **desk.environment, "OVERPAINT_TEST_OUT": str(self.out)}
        with self.log.open("wb") as log:
            self.process = desk.host.start(command, env=variables, log=log)

    def begin(self, step: str) -> None:
        (self.out / step).touch()

    def said(self, key: str) -> Any:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            report = self.out / "report.json"
            if report.exists() and key in (found := json.loads(report.read_text())):
                return found[key]
            time.sleep(0.1)
        raise AssertionError(
            f"GIMP never said {key}; windows {self.display.titles()}\n{self.log.read_bytes()[-3000:]!r}"
        )


@pytest.fixture(scope="module")
def window(desk: Desk, gimp_server: RunningServer) -> Iterator[Window]:
    with screen(desk.host) as display:
        made = Window(desk, display)
        made.said("shown")
        picture = display.wait_for_window(r"Untitled.*GIMP$")
        welcome = display.wait_for_window("^Welcome")
        display.run("xdotool", "windowactivate", "--sync", welcome, "key", "alt+F4")
        display.run("xdotool", "windowactivate", "--sync", picture)
        yield made
        end(made.process)


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
