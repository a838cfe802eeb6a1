"""A picture is learned and then shown at any edit strength, in a real Krita as a person sees it. The method that the
server does it with stands for a slow one; all around it is real. Screenshots are left for a person to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from server.wire.recipe import USUAL_ETA
from tests.hosts.krita.pictures import Rect, outside, paint, pixels, select
from tests.hosts.krita.running import Krita
from tests.hosts.krita.test_docker import CHOSEN, NARROW, SIZE, photograph
from tests.hosts.screen import Screen

WORDS = "a cup of tea"
SWEPT = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


@pytest.fixture
def desk(krita: Krita) -> Iterator[Krita]:
    """A photograph with a selection, an empty layer above it, and the docker in its narrowest form."""
    krita.ask("new_document", width=SIZE.width, height=SIZE.height)
    paint(krita, "Ink", photograph())
    krita.ask("add_layer", name="Sketch")
    krita.ask("activate", name="Ink")
    select(krita, CHOSEN)
    krita.ask("show_docker", width=NARROW)
    krita.ask("fresh_docker")
    krita.ask("ask_for", method="ponder")
    krita.ask("set_field", name="steps", value=3)
    krita.ask("set_field", name="feather", value=0)
    krita.ask("write_prompt", text=WORDS)
    yield krita
    krita.ask("fresh_docker")


@pytest.fixture
def slider(desk: Krita) -> Krita:
    """The picture is learned."""
    desk.ask("click_run")
    assert desk.ask("last_job")["phase"] == "EXPLORING"
    return desk


def preview(krita: Krita) -> np.ndarray:
    path = krita.file("preview.png")
    krita.ask("preview", path=str(path))
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def seen(krita: Krita) -> np.ndarray:
    path = krita.file("seen.raw")
    krita.ask("seen", path=str(path), **SIZE.words())
    return np.frombuffer(path.read_bytes(), "u1").reshape(SIZE.height, SIZE.width, 4)


def test_the_action_asks_for_words_and_says_what_will_happen(krita: Krita) -> None:
    krita.ask("new_document", width=SIZE.width, height=SIZE.height)
    paint(krita, "Ink", photograph())
    krita.ask("show_docker", width=NARROW)
    krita.ask("fresh_docker")
    krita.ask("action", name="overpaint_imagic")
    assert krita.ask("focus") == "What should be here?"
    shown = krita.ask("panel")
    assert (shown["button"], shown["enabled"]) == ("Edit with a prompt", False)
    assert krita.ask("learning")["forecast"] == "Say what it should become; then it is said here how long that takes."
    krita.ask("press", key="Escape")
    assert not krita.ask("learning")["shown"]


def test_it_is_said_beforehand_how_long_learning_takes_and_how_much_memory(
    desk: Krita, krita_display: Screen, artefacts: Path
) -> None:
    assert desk.ask("await_forecast") == (
        "Learning the picture takes about 1 second, each answer then about 1 second. It needs about 0.5 GB of memory."
    )
    desk.ask("set_field", name="steps", value=300)
    desk.ask("await_forecast")
    krita_display.screenshot(artefacts / "krita-imagic-before.png")
    assert desk.ask("learning") == {
        "shown": True,
        "presets": ["Slow"],
        "forecast": "Learning the picture takes about 30 seconds, each answer then about 1 second. "
        "It needs about 0.5 GB of memory.",
    }
    assert desk.ask("overflowing") == []


def test_a_picture_that_is_learned_already_is_known_by_its_pixels(slider: Krita) -> None:
    slider.ask("ask_for", method="ponder")
    slider.ask("write_prompt", text="a cup of coffee again")
    assert slider.ask("await_forecast").startswith("This picture is learned already")
    select(slider, Rect(100, 100, 60, 60))
    assert slider.ask("await_forecast").startswith("Learning the picture takes about")


def test_learning_shows_its_stage_and_the_time_left_and_can_be_cancelled(desk: Krita) -> None:
    desk.ask("set_field", name="steps", value=60)
    desk.ask("click_run")
    desk.ask("await_phase", phase="WORKING")
    desk.ask("wait", seconds=1)
    (card,) = desk.ask("panel")["cards"]
    assert card["line"].startswith("Pondering · 0:0")
    assert card["line"].endswith(" left")
    assert (card["button"], card["preview"]) == ("Cancel", True)
    desk.ask("click_close")
    desk.ask("await_idle")
    assert desk.ask("panel")["cards"] == []
    assert desk.ask("stack") == ["Ink", "Sketch"]


def test_what_the_slider_shows_is_not_in_the_document(slider: Krita, krita_display: Screen, artefacts: Path) -> None:
    before = seen(slider)
    shown = slider.ask("strengths")
    krita_display.screenshot(artefacts / "krita-imagic-strength.png")
    assert (shown["slider"], shown["shown"], shown["etas"]) == (USUAL_ETA, USUAL_ETA, SWEPT)
    assert slider.ask("overflowing") == []
    usual = preview(slider)
    moved = slider.ask("move_strength", eta=1.23)
    krita_display.screenshot(artefacts / "krita-imagic-moved.png")
    assert (moved["number"], moved["shown"], moved["status"], moved["note"]) == (1.23, 1.23, "", "")
    assert np.abs(preview(slider) - usual).mean() > 5
    np.testing.assert_array_equal(seen(slider), before)
    assert slider.ask("stack") == ["Ink", "Sketch"]
    slider.ask("undo")  # the last thing that the person did
    assert slider.ask("stack") == ["Ink"]


def test_keep_makes_the_layer_above_its_source_in_one_step(slider: Krita) -> None:
    source = pixels(slider, "Ink", SIZE)
    slider.ask("move_strength", eta=1.0)
    assert slider.ask("click_strength", button="keep")["note"] == f"Kept as the layer ‘{WORDS} 1’."
    assert slider.ask("stack") == ["Ink", f"{WORDS} 1", "Sketch"]
    made = pixels(slider, f"{WORDS} 1", SIZE)
    assert (made[..., 3][outside(CHOSEN, SIZE)] == 0).all()
    within = made[CHOSEN.slices].astype(int)
    assert (within[..., 3] == 255).all()
    assert np.abs(within - source[CHOSEN.slices])[..., :3].mean() > 50  # the method turns every colour round
    np.testing.assert_array_equal(pixels(slider, "Ink", SIZE), source)
    slider.ask("undo")
    assert slider.ask("stack") == ["Ink", "Sketch"]


def test_several_kept_ones_lie_above_each_other_and_discard_becomes_close(slider: Krita) -> None:
    assert slider.ask("panel")["cards"][0]["button"] == "Discard"
    for eta in (0.6, 0.9, 0.8):
        slider.ask("move_strength", eta=eta)
        slider.ask("click_strength", button="keep")
    assert slider.ask("stack") == ["Ink", f"{WORDS} 0.6", f"{WORDS} 0.9", f"{WORDS} 0.8", "Sketch"]
    slider.ask("undo")
    slider.ask("click_strength", button="keep")
    assert slider.ask("stack") == ["Ink", f"{WORDS} 0.6", f"{WORDS} 0.9", f"{WORDS} 0.8", "Sketch"]
    assert slider.ask("panel")["cards"][0]["button"] == "Close"


def test_the_range_is_kept_as_a_group_in_one_step_with_the_strongest_on_top(
    slider: Krita, krita_display: Screen, artefacts: Path
) -> None:
    before = seen(slider)
    assert slider.ask("click_strength", button="keep_all")["note"] == f"Kept as the group ‘{WORDS}’."
    krita_display.screenshot(artefacts / "krita-imagic-group.png")
    assert slider.ask("stack") == ["Ink", WORDS, "Sketch"]
    assert slider.ask("group_of", name=WORDS) == [*(f"({WORDS} {eta:g})" for eta in SWEPT[:-1]), f"{WORDS} 1"]
    after = seen(slider)
    np.testing.assert_array_equal(after[outside(CHOSEN, SIZE)], before[outside(CHOSEN, SIZE)])
    assert np.abs(after[CHOSEN.slices].astype(int) - before[CHOSEN.slices]).mean() > 20
    slider.ask("undo")
    assert slider.ask("stack") == ["Ink", "Sketch"]
    np.testing.assert_array_equal(seen(slider), before)


def test_another_variation_is_painted_at_the_same_strength_and_both_can_be_chosen(slider: Krita) -> None:
    slider.ask("move_strength", eta=0.8)
    shown = slider.ask("click_strength", button="another")
    assert (shown["variations"], shown["shown"]) == (["Variation 1", "Variation 2"], 0.8)
    slider.ask("click_strength", button="keep")
    assert slider.ask("stack") == ["Ink", f"{WORDS} 0.8 · 2", "Sketch"]


def test_discard_leaves_nothing(slider: Krita, krita_home: Path) -> None:
    slider.ask("click_close")
    slider.ask("await_idle")
    slider.ask("wait", seconds=0.5)
    assert slider.ask("panel")["cards"] == []
    assert slider.ask("stack") == ["Ink", "Sketch"]
    assert not [name for name in slider.ask("annotations") if name.startswith("overpaint-")]
    assert list((krita_home / "spool").iterdir()) == []
