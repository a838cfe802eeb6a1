"""Further layers that a model looks at, ticked in GIMP's dialog."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.foreign.answerers import stripes
from tests.hosts.gimp.desk import Desk, lay_out
from tests.hosts.gimp.pixels import levels
from tests.hosts.gimp.window import Window, window_of
from tests.running import RunningServer

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1800)]

RED, TEAL = (200, 30, 20), (10, 120, 140)


@pytest.fixture(scope="module")
def looking_desk(desk: Desk) -> Desk:
    """A profile of its own: another GIMP may still use the usual one."""
    return lay_out(desk.host, desk.home, "gimp-looking")


@pytest.fixture(scope="module")
def window(looking_desk: Desk, gimp_server: RunningServer) -> Iterator[Window]:
    with window_of(looking_desk, "references_window") as made:
        yield made


@pytest.fixture(scope="module")
def ticked(window: Window, artefacts: Path) -> Any:
    """The dialog as a person leaves it who ticks both layers, the upper one first."""
    window.begin("ticked")
    dialog = window.display.wait_for_window("^Edit Layer$")
    window.display.settle(dialog, artefacts / "gimp-references-none.png")
    window.display.keys("alt+e")  # nothing to look at yet: it does not begin
    window.display.keys("alt+q", "space", "Down", "space")
    window.display.settle(dialog, artefacts / "gimp-references-ticked.png")
    window.display.keys("alt+e")
    return window.said("ticked")


def test_the_layers_that_are_ticked_are_looked_at_from_the_top_down(window: Window, ticked: Any) -> None:
    assert (ticked["status"], ticked["error"]) == ("success", "")
    (layer,) = ticked["layers"]
    pixels = np.rint(levels(window.out, layer))
    assert [tuple(pixels[8, stripe][0]) for stripe in stripes(96, 2)] == [TEAL, RED]


def test_the_dialogs_letters_clash_with_none_of_gimps(window: Window, ticked: Any) -> None:
    assert b"duplicate mnemonic" not in window.log.read_bytes()


def test_gimp_has_nothing_to_complain_of(window: Window, ticked: Any) -> None:
    said = window.log.read_text(errors="replace")
    assert "CRITICAL" not in said and "references" not in said, said[-3000:]
