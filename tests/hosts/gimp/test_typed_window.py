"""A selection, a larger image and layers of their own, asked for in GIMP's windows: each is one step to undo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.hosts.gimp.desk import Desk, lay_out
from tests.hosts.gimp.pixels import load
from tests.hosts.gimp.window import Window, window_of
from tests.running import RunningServer

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1800)]

TITLES = {"select": "Select", "enlarge": "Enlarge", "expand": "Expand", "create": "Create Layer"}


@pytest.fixture(scope="module")
def typed_desk(desk: Desk) -> Desk:
    """A profile of its own: another GIMP may still use the usual one."""
    return lay_out(desk.host, desk.home, "gimp-typed")


@pytest.fixture(scope="module")
def window(typed_desk: Desk, gimp_server: RunningServer) -> Iterator[Window]:
    with window_of(typed_desk, "typed_window") as made:
        yield made


@pytest.fixture(scope="module")
def asked(window: Window, artefacts: Path) -> Any:
    """Each dialog as a person leaves it, and one Ctrl+Z after each. The found part is added to what is selected."""
    display, found = window.display, {"shown": window.said("shown")}
    for name, title in TITLES.items():
        window.begin(name)
        dialog = display.wait_for_window(f"^{title}$")
        display.settle(dialog, artefacts / f"gimp-{name}-dialog.png")
        if name == "select":
            display.keys("alt+k", "Down")
            display.settle(dialog, artefacts / "gimp-select-added.png")
        if name == "expand":
            for letter, length in (("1", "12%"), ("4", "30")):
                display.keys(f"alt+{letter}")
                display.run("xdotool", "type", length)
            display.settle(dialog, artefacts / "gimp-expand-filled.png")
        display.keys("alt+e")
        found[name] = window.said(name)
        picture = display.wait_for_window(r"Untitled.*GIMP$")
        display.run("xdotool", "windowactivate", "--sync", picture)
        display.screenshot(artefacts / f"gimp-{name}-answered.png")
        display.keys("ctrl+z")
        window.begin(f"{name}-undone")
        found[f"{name}-undone"] = window.said(f"{name}-undone")
    return found


def selected(window: Window, found: Any) -> Any:
    return load(window.out, found["selected"])[..., 0]


@pytest.mark.parametrize("name", TITLES)
def test_one_undo_takes_all_of_it_back(window: Window, asked: Any, name: str) -> None:
    assert (asked[name]["status"], asked[name]["error"]) == ("success", "")
    undone = asked[f"{name}-undone"]
    assert (undone["names"], undone["size"]) == (["Paint"], [320, 240])
    assert np.array_equal(selected(window, undone), selected(window, asked["shown"]))


def test_what_was_found_is_added_to_what_was_selected(window: Window, asked: Any) -> None:
    mask = selected(window, asked["select"])
    assert mask[80:150, 100:190].min() == 1
    assert 0 < mask[20, 15] < mask[20, 40] < 1
    assert asked["select"]["names"] == ["Paint"]


def test_the_image_was_larger_until_that_was_undone(asked: Any) -> None:
    assert asked["enlarge"]["size"] == [640, 480]
    assert asked["expand"]["size"] == [320 + 38, 240 + 30]
    assert (asked["enlarge"]["names"], asked["expand"]["names"]) == (["Enlarged", "Paint"], ["Expanded", "Paint"])


def test_the_dialogs_letters_clash_with_none_of_gimps(window: Window, asked: Any) -> None:
    assert b"duplicate mnemonic" not in window.log.read_bytes()
