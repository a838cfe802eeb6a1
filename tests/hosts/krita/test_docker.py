"""The menu and the docker of a real Krita, used as a person uses them; screenshots are left for a person to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import skimage.data

from tests.hosts.krita.pictures import Rect, outside, paint, pixels, select
from tests.hosts.krita.running import Krita
from tests.hosts.screen import Screen

SIZE = Rect(0, 0, 512, 384)
CHOSEN = Rect(200, 150, 90, 80)
NARROW = 240


def photograph() -> np.ndarray:
    """A cup of coffee, in Krita's order of channels."""
    picture = np.full((SIZE.height, SIZE.width, 4), 255, np.uint8)
    picture[..., :3] = skimage.data.coffee()[: SIZE.height, : SIZE.width, ::-1]
    return picture


@pytest.fixture
def desk(krita: Krita) -> Iterator[Krita]:
    """A photograph with a selection, and the docker in its narrowest form with every setting at its default."""
    krita.ask("new_document", width=SIZE.width, height=SIZE.height)
    paint(krita, "Ink", photograph())
    select(krita, CHOSEN)
    krita.ask("show_docker", width=NARROW)
    krita.ask("fresh_docker")
    yield krita
    krita.ask("fresh_docker")


def test_the_menu_has_every_action_and_each_is_known_to_the_shortcut_editor(krita: Krita) -> None:
    names = (
        "replace",
        "erase",
        "edit_layer",
        "imagic",
        "create",
        "lift",
        "split",
        "words",
        "snap",
        "click",
        "subject",
        "background",
        "run_again",
        "another_variation",
        "cancel",
    )
    krita.ask("await_server")
    assert krita.ask("tools_menu") == [
        "Replace Selection…", "Erase Selection", "Heal Marks", "Edit Layer…", "Edit with a Prompt (Imagic)…",
        "Paint an Effect Layer…", "Create Layer…", "Enlarge", "Expand…", "Compare…", "Teach a Word…",
        "Lift Out", "Split into Objects", "Edit by Instruction…",
        "Select by Words…", "Snap to Object", "Select by Click", "Select Subject", "Select Background",
        "Run Again", "Another Variation", "Cancel",
    ]  # fmt: skip
    assert set(krita.ask("shortcuts")) >= {f"overpaint_{name}" for name in names}


def test_the_button_says_what_will_happen(desk: Krita) -> None:
    assert desk.ask("panel")["button"] == "Erase selection"
    desk.ask("write_prompt", text="a red door")
    assert desk.ask("panel")["button"] == "Replace selection"
    desk.ask("deselect")
    assert desk.ask("panel")["button"] == "Edit layer"
    desk.ask("write_prompt", text="")
    shown = desk.ask("panel")
    assert (shown["enabled"], shown["hint"]) == (False, "Select a part, or say how the layer should change.")


def test_the_server_line_names_model_and_device_and_no_address(desk: Krita) -> None:
    desk.ask("await_server")
    line = desk.ask("panel")["server"]
    assert line.startswith("Ready · ")
    assert line.endswith(" · CPU")
    assert "tcp" not in line and "ipc" not in line


def test_nothing_stands_out_of_a_docker_240_pixels_wide(desk: Krita) -> None:
    desk.ask("unfold", everything=True)
    assert desk.ask("overflowing") == []


def test_every_control_is_reached_by_keyboard_and_has_a_name(desk: Krita) -> None:
    desk.ask("unfold", everything=True)
    reached = desk.ask("tab_order")
    for name in ("Erase selection", "Settings", "Model", "Another seed", "Keep this seed for the next edits", "More"):
        assert name in reached
    assert "" not in reached


def test_words_and_enter_replace_the_selection_and_the_layer_has_their_name(desk: Krita) -> None:
    desk.ask("set_field", name="steps", value=2)
    desk.ask("set_field", name="feather", value=0)
    desk.ask("write_prompt", text="a red door")
    desk.ask("press", key="Return")
    assert desk.ask("last_job")["phase"] == "DONE"
    assert desk.ask("stack") == ["Ink", "a red door"]
    answer = pixels(desk, "a red door", SIZE)
    assert (answer[..., 3][outside(CHOSEN, SIZE)] == 0).all()
    assert (answer[CHOSEN.slices][..., 3] > 250).mean() > 0.9


@pytest.mark.parametrize("role", ["instruct", "compare"])
def test_a_strangers_method_of_a_further_role_can_be_chosen_and_runs(desk: Krita, role: str) -> None:
    before = desk.ask("stack")
    desk.ask("choose_method", method=f"strange-{role}")
    desk.ask("run_chosen")
    assert desk.ask("last_job")["phase"] == "DONE"
    assert len(desk.ask("stack")) == len(before) + 1


def test_a_strangers_setting_has_a_row_only_where_its_method_is_chosen(desk: Krita) -> None:
    assert "Shade" not in desk.ask("shown_settings")
    desk.ask("choose_method", method="strange-compare")
    assert desk.ask("shown_settings") == ["Reads", "Seed", "Grow", "Feather", "Context", "Shade"]
    desk.ask("set_field", name="shade", value=90)
    desk.ask("run_chosen")
    assert desk.ask("last_job")["phase"] == "DONE"


def test_up_brings_back_earlier_words_and_down_what_was_being_written(desk: Krita) -> None:
    for words in ("first words", "second words"):
        desk.ask("write_prompt", text=words)
        desk.ask("press", key="Return")
        desk.ask("press", key="Escape")
    desk.ask("write_prompt", text="half a thou")
    shown = [desk.ask("press", key=key) or desk.ask("panel")["prompt"] for key in ("Up", "Up", "Down", "Down")]
    assert shown == ["second words", "first words", "second words", "half a thou"]


def test_escape_cancels_and_nothing_is_added(desk: Krita) -> None:
    desk.ask("run_method", method="muse", steps=200)
    desk.ask("await_phase", phase="WORKING")
    desk.ask("press", key="Escape")
    desk.ask("await_idle")
    assert desk.ask("stack") == ["Ink"]
    assert desk.ask("panel")["cards"] == []


def test_a_running_job_is_a_card_with_preview_stage_time_and_cancel(
    desk: Krita, krita_display: Screen, artefacts: Path
) -> None:
    desk.ask("run_method", method="muse", steps=60)
    desk.ask("await_phase", phase="WORKING")
    desk.ask("wait", seconds=1.5)
    (card,) = desk.ask("panel")["cards"]
    krita_display.screenshot(artefacts / "krita-working.png")
    assert card["line"].startswith("Pondering · 0:0")
    assert card["line"].endswith(" left")
    assert (card["button"], card["preview"]) == ("Cancel", True)
    assert desk.ask("overflowing") == []
    desk.ask("press", key="Escape")
    desk.ask("await_idle")


def test_several_answers_are_pictures_to_choose_from_and_kept_ones_become_layers(
    desk: Krita, krita_display: Screen, artefacts: Path
) -> None:
    desk.ask("set_field", name="variations", value=3)
    desk.ask("click_run")
    job = desk.ask("last_job")
    assert (job["phase"], job["error"]) == ("CHOOSING", "")
    desk.ask("wait", seconds=0.5)
    krita_display.screenshot(artefacts / "krita-choosing.png")
    assert desk.ask("stack") == ["Ink"]
    assert desk.ask("panel")["cards"][0]["answers"] == 3
    assert desk.ask("overflowing") == []
    desk.ask("click_keep", index=1)
    desk.ask("click_keep", index=2)
    assert sorted(desk.ask("stack")) == ["Erased 2", "Erased 3", "Ink"]
    desk.ask("click_close")
    assert desk.ask("panel")["cards"] == []


def test_a_seed_serves_once_unless_it_is_locked(desk: Krita) -> None:
    desk.ask("set_field", name="seed", value=7)
    desk.ask("click_run")
    desk.ask("last_job")
    assert desk.ask("field", name="seed") is None
    desk.ask("set_field", name="seed", value=7)
    desk.ask("lock_seed")
    desk.ask("click_run")
    desk.ask("last_job")
    assert desk.ask("field", name="seed") == 7


def test_erase_selection_in_the_menu_does_it_at_once(desk: Krita) -> None:
    desk.ask("action", name="overpaint_erase")
    assert desk.ask("last_job")["phase"] == "DONE"
    assert desk.ask("stack") == ["Ink", "Erased"]


def test_erasing_takes_no_words_and_no_name_from_them(desk: Krita) -> None:
    desk.ask("write_prompt", text="a red door")
    desk.ask("run_method", method="erase", steps=1)
    assert desk.ask("last_job")["layers"] == ["Erased"]


def test_a_chosen_model_that_cannot_erase_is_left_out_of_it(desk: Krita) -> None:
    desk.ask("set_field", name="model", value="sd15")
    desk.ask("click_run")
    assert desk.ask("last_job")["layers"] == ["Erased"]


def test_words_belong_to_the_picture_that_they_were_written_for(desk: Krita) -> None:
    desk.ask("write_prompt", text="a red door")
    assert desk.ask("panel")["button"] == "Replace selection"
    desk.ask("new_document", width=SIZE.width, height=SIZE.height)
    paint(desk, "Ink", photograph())
    select(desk, CHOSEN)
    shown = desk.ask("panel")
    assert (shown["prompt"], shown["button"]) == ("", "Erase selection")


@pytest.mark.parametrize(
    ("name", "typed", "said", "kept"),
    [
        ("grow", "2000", "Grow: 0 px to 1024 px.", 0),
        ("steps", "900", "Steps: 1 to 500.", None),
        ("strength", "101", "Edit strength: 1 % to 100 %.", None),
        ("seed", "4294967296", "Seed: 0 to 4294967295.", 429496729),
    ],
)
def test_a_value_out_of_its_range_is_refused_where_it_is_typed(
    desk: Krita, name: str, typed: str, said: str, kept: int | None
) -> None:
    desk.ask("unfold", everything=True)
    desk.ask("type_field", name=name, text=typed)
    assert desk.ask("panel")["hint"] == said
    assert desk.ask("field", name=name) == kept


def test_pressing_the_button_refuses_nothing_that_is_left_to_overpaint(desk: Krita) -> None:
    desk.ask("unfold", everything=True)
    desk.ask("click_run")
    assert desk.ask("last_job")["phase"] == "DONE"
    hint = desk.ask("panel")["hint"]
    assert hint == "" or hint.startswith("Takes about"), hint


def test_what_is_read_is_remembered_and_the_menu_reads_it_too(desk: Krita) -> None:
    desk.ask("set_field", name="reading", value="visible")
    desk.ask("add_layer", name="Empty")
    desk.ask("action", name="overpaint_erase")
    assert desk.ask("last_job")["phase"] == "DONE"
    assert desk.ask("stack") == ["Ink", "Empty", "Erased"]
    desk.ask("speak", language="en")  # another docker, as after a start
    assert desk.ask("field", name="reading") == "visible"


def test_replace_selection_in_the_menu_takes_the_cursor_to_the_prompt(desk: Krita) -> None:
    desk.ask("action", name="overpaint_replace")
    assert desk.ask("focus") == "What should be here?"


def test_an_action_that_cannot_be_done_says_why_in_the_docker(
    desk: Krita, krita_display: Screen, artefacts: Path
) -> None:
    desk.ask("deselect")
    desk.ask("action", name="overpaint_erase")
    hint = desk.ask("panel")["hint"]
    krita_display.screenshot(artefacts / "krita-refused.png")
    assert hint == "Nothing is selected. Select the part to change."


def test_run_again_in_the_menu_repeats_the_edit_of_the_active_layer(desk: Krita) -> None:
    desk.ask("action", name="overpaint_erase")
    desk.ask("last_job")
    desk.ask("wait", seconds=1)
    desk.ask("activate", name="Erased")
    desk.ask("action", name="overpaint_run_again")
    assert desk.ask("last_job")["phase"] == "DONE"
    assert desk.ask("stack") == ["Ink", "Erased", "Erased"]


def test_the_docker_is_fit_to_be_seen(desk: Krita, krita_display: Screen, artefacts: Path) -> None:
    desk.ask("show_docker", width=300)
    desk.ask("unfold", everything=True)
    desk.ask("write_prompt", text="a small brass lantern")
    krita_display.screenshot(artefacts / "krita-docker.png")
    assert desk.ask("overflowing") == []


def test_in_chinese_no_english_word_of_ours_is_left(desk: Krita, krita_display: Screen, artefacts: Path) -> None:
    desk.ask("speak", language="zh_CN")
    try:
        desk.ask("unfold", everything=True)
        assert desk.ask("panel")["button"] == "擦除选区"
        words = desk.ask("labels")
        krita_display.screenshot(artefacts / "krita-chinese.png")
        assert [word for word in words if word.isascii() and word.strip(" 0123456789%px↺⚄")] == []
    finally:
        desk.ask("speak", language="en")
