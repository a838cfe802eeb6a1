"""Edits whose strength is chosen on a slider, by other methods than Imagic, in the real Krita.

With the model that comes with Overpaint, from the docker's menu as a person does it, and from a script.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.hosts.krita.pictures import pixels, select
from tests.hosts.krita.running import Krita
from tests.hosts.krita.test_words import CANVAS, CHOSEN, open_friends
from tests.hosts.screen import Screen

pytestmark = pytest.mark.torch

FOX = "fox on white background, cartoon"


@pytest.fixture
def friends(krita: Krita) -> str:
    """The illustration, its dog selected, and a docker that says nothing yet."""
    source = open_friends(krita)
    select(krita, CHOSEN)
    krita.ask("show_docker", width=320)
    krita.ask("fresh_docker")
    krita.ask("set_field", name="feather", value=0)
    return source


def test_leditspp_is_asked_for_below_the_button_and_kept_from_its_slider(
    krita: Krita, friends: str, krita_display: Screen, artefacts: Path
) -> None:
    before = pixels(krita, friends, CANVAS)
    krita.ask("ask_for", method="leditspp")
    krita.ask("set_field", name="steps", value=4)
    krita.ask("write_prompt", text=FOX)
    assert krita.ask("panel")["button"] == "Edit at once (LEDITS++)"
    assert "takes about" in krita.ask("await_forecast")
    assert krita.ask("learning")["presets"] == []  # it learns nothing, in no way
    krita_display.screenshot(artefacts / "krita-leditspp-before.png")
    krita.ask("click_run")
    assert krita.ask("last_job")["phase"] == "EXPLORING"
    assert krita.ask("move_strength", eta=0.9)["shown"] == 0.9
    krita_display.screenshot(artefacts / "krita-leditspp-strength.png")
    krita.ask("click_strength", button="keep")
    assert krita.ask("stack") == [friends, f"{FOX} 0.9"]
    answer = pixels(krita, f"{FOX} 0.9", CANVAS).copy()
    assert answer[CHOSEN.slices][..., 3].any()
    answer[CHOSEN.slices] = 0
    assert not answer[..., 3].any()  # nothing outside the selection
    krita.ask("undo")
    assert krita.ask("stack") == [friends]
    np.testing.assert_array_equal(pixels(krita, friends, CANVAS), before)


def test_unitune_learns_once_and_paints_other_words_at_once(krita: Krita, friends: str) -> None:
    settings = {"method": "unitune", "model": "sd15", "steps": 2, "eta": 0.8, "feather": 0, "seed": 3}
    for words in (FOX, "panda on white background, cartoon"):
        (name,) = krita.ask("api", function="imagic", node=friends, prompt=words, **settings)
        assert name.startswith(words)
    krita.ask("ask_for", method="unitune")
    krita.ask("write_prompt", text="lion on white background, cartoon")
    assert krita.ask("learning")["presets"] == ["As published"]


def test_a_method_of_another_role_that_has_strengths_to_explore_has_the_slider(
    krita: Krita, friends: str, krita_display: Screen, artefacts: Path
) -> None:
    """It has one way to do it and says nothing of its time, so neither has a row."""
    krita.ask("ask_for", method="roam")
    krita.ask("set_field", name="steps", value=2)
    krita.ask("write_prompt", text=FOX)
    assert (krita.ask("learning")["presets"], krita.ask("panel")["button"]) == ([], "Roam")
    krita_display.screenshot(artefacts / "krita-roam-before.png")
    krita.ask("click_run")
    assert krita.ask("last_job")["phase"] == "EXPLORING"
    assert krita.ask("move_strength", eta=0.3)["shown"] == 0.3


def test_a_method_without_strengths_to_explore_begins_at_once_and_has_no_slider(krita: Krita, friends: str) -> None:
    krita.ask("write_prompt", text=FOX)
    krita.ask("set_field", name="steps", value=2)
    krita.ask("ask_for", method="sdedit")
    assert krita.ask("last_job")["phase"] == "DONE"
    assert not krita.ask("learning")["shown"]
