"""Every kind of image through the real GIMP, without a window: one start runs all cases, each test looks at its own."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.hosts.gimp.desk import Desk
from tests.hosts.gimp.shown import Shown, shown_by
from tests.running import RunningServer

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1800)]

ERASED = (
    *("RGB-U8_NON_LINEAR", "RGBA-U8_NON_LINEAR", "GRAY-U8_NON_LINEAR", "GRAYA-U8_PERCEPTUAL", "RGB-U8_LINEAR"),
    *("RGBA-U16_NON_LINEAR", "GRAYA-U16_LINEAR", "RGB-U32_NON_LINEAR", "RGBA-HALF_LINEAR", "RGBA-FLOAT_LINEAR"),
    *("RGB-FLOAT_NON_LINEAR", "RGBA-FLOAT_PERCEPTUAL", "RGB-DOUBLE_LINEAR"),
    *("profile_adobe", "profile_16_bit", "profile_gray"),
    *("at_the_border", "negative_offset", "larger_than_canvas", "selection_beyond_the_layer"),
    *("crop_of_a_large_layer", "in_a_group", "a_locked_layer"),
)


@pytest.fixture(scope="module")
def shown(desk: Desk, gimp_server: RunningServer) -> Shown:
    return shown_by(desk, "cases")


@pytest.mark.parametrize("name", ERASED)
def test_erasing_adds_one_layer_and_touches_nothing_else(shown: Shown, name: str) -> None:
    found = shown.case(name)
    assert (found["status"], found["error"]) == ("success", "")
    assert len(found["layers"]) == 1
    assert found["added"] == (0 if name == "in_a_group" else 1)  # there it is not at the top
    assert np.array_equal(shown.pixels(found["before"]), shown.pixels(found["after"]))
    assert np.array_equal(shown.pixels(found["selected"]), shown.pixels(found["selected_after"]))
    assert found["same_choice"]


@pytest.mark.parametrize("name", ERASED)
def test_nothing_outside_the_selection_is_seen_to_change(shown: Shown, name: str) -> None:
    """The picture with the new layer against the picture with an empty one, in the image's own numbers."""
    found = shown.case(name)
    seen, control = shown.pixels(found["seen"]), shown.pixels(found["control"])
    selected = shown.pixels(found["selected"])[..., 0] > 0
    assert np.array_equal(seen[~selected], control[~selected], equal_nan=True)
    assert not np.array_equal(seen[selected], control[selected])


@pytest.mark.parametrize("name", ERASED)
def test_the_new_layer_shows_all_that_is_selected_and_was_not_transparent(shown: Shown, name: str) -> None:
    found = shown.case(name)
    (new,) = found["layers"]
    alpha = shown.pixels(new)[..., -1]
    selected = shown.pixels(found["selected"])[..., 0]
    source = shown.pixels(found["before" if name == "in_a_group" else "control"])  # a group shows what is in it alone
    opaque = source[..., -1] > 0 if source.shape[-1] in (2, 4) else np.ones(source.shape[:2])
    here = in_layer(new, selected * opaque)
    assert not alpha[here == 0].any()
    full = np.iinfo(alpha.dtype).max if alpha.dtype.kind == "u" else 1
    assert (alpha[here == 1] == full).all()
    assert (here == 1).any()


@pytest.mark.parametrize("role", ("instruct", "compare"))
def test_a_strangers_method_of_every_further_role_runs_with_its_own_setting(shown: Shown, role: str) -> None:
    found = shown.case("a_strangers_methods")[role]
    assert (found["status"], found["error"]) == ("success", "")
    (new,) = found["layers"]
    assert (shown.pixels(new)[..., :3] == 90).all()


def in_layer(new: dict[str, Any], canvas: Any) -> Any:
    """What of ``canvas`` (H, W) lies under the layer, at its size; 0 where that reaches beyond the canvas."""
    here = np.zeros((new["height"], new["width"]))
    left, top = max(0, new["x"]), max(0, new["y"])
    right = min(canvas.shape[1], new["x"] + new["width"])
    bottom = min(canvas.shape[0], new["y"] + new["height"])
    here[top - new["y"] : bottom - new["y"], left - new["x"] : right - new["x"]] = canvas[top:bottom, left:right]
    return here


@pytest.mark.parametrize("name", ERASED)
def test_the_new_layer_has_the_images_own_numbers_and_lies_above_its_source(shown: Shown, name: str) -> None:
    found = shown.case(name)
    (new,) = found["layers"]
    model, _, number = found["encoding"].partition(" ")
    assert new["encoding"] == f"{model.removesuffix('A')}A {number}"
    assert new["position"] == found["source_position"] - 1
    assert new["parent"] == ("Group" if name == "in_a_group" else None)


def test_a_crop_of_a_large_layer_is_sent_and_comes_back_in_its_place(shown: Shown) -> None:
    (new,) = shown.case("crop_of_a_large_layer")["layers"]
    assert (new["width"], new["height"]) == (512, 512)
    assert (new["x"], new["y"]) == (901 - 512, 703 - 512)


def test_grow_and_feather_reach_as_far_as_they_say(shown: Shown) -> None:
    found = shown.case("grown_and_feathered")
    alpha = shown.pixels(found["layers"][0])[..., -1]
    rows, columns = np.nonzero(alpha)
    assert alpha[40:60, 50:70].min() == 255
    assert 36 - 8 <= rows.min() < 36
    assert 46 - 8 <= columns.min() < 46
    assert 63 < rows.max() <= 63 + 8


def test_the_mask_of_a_layer_stands_for_its_layer(shown: Shown) -> None:
    found = shown.case("layer_mask_chosen")
    assert (found["status"], len(found["layers"])) == ("success", 1)


def test_the_recipe_lies_in_the_new_layer(shown: Shown) -> None:
    (new,) = shown.case("grown_and_feathered")["layers"]
    note = json.loads(new["note"])
    assert note["kind"] == "erase"
    made = note["made"]
    assert made["source"] == "Paint"
    assert made["recipe"]["method"] == "erase"
    assert (made["recipe"]["seed"], made["recipe"]["grow"], made["recipe"]["feather"]) == (5, 4, 8)


def test_run_again_gives_the_same_layer_without_a_selection(shown: Shown) -> None:
    found = shown.case("again")
    assert found["run-again"]["status"] == "success", found["run-again"]["error"]
    first, second = shown.pixels(found["first"]), shown.pixels(found["run-again"]["pixels"][0])
    assert np.array_equal(first, second)


def test_another_variation_has_another_seed(shown: Shown) -> None:
    found = shown.case("again")
    seeds = [json.loads(found[run]["layers"][0]["note"])["made"]["recipe"]["seed"] for run in ("run-again", "another")]
    assert seeds[0] == 5
    assert seeds[1] != 5


def test_run_again_says_which_layers_it_is_for(shown: Shown) -> None:
    found = shown.case("again")
    assert found["not ours"] == [
        "execution-error",
        "‘Paint’ was not made by Overpaint. Choose a layer that Overpaint made.",
    ]
    assert found["source gone"][1].startswith("The layer that ‘Erased’ was made from is gone.")


REPLACED = ("replaced", "replaced_with_a_chosen_model", "replaced_with_a_strangers_model")
PAINTED = (*REPLACED, "whole_layer_edited", "part_of_a_layer_edited")


@pytest.mark.parametrize("name", PAINTED)
def test_painting_from_words_leaves_the_layer_alone(shown: Shown, name: str) -> None:
    found = shown.case(name)
    assert (found["status"], found["error"]) == ("success", "")
    assert np.array_equal(shown.pixels(found["before"]), shown.pixels(found["after"]))


@pytest.mark.parametrize("name", (*REPLACED, "part_of_a_layer_edited"))
def test_painting_is_transparent_outside_the_selection(shown: Shown, name: str) -> None:
    for new in shown.case(name)["layers"]:
        alpha = shown.pixels(new)[..., -1]
        selected = np.zeros(alpha.shape, bool)
        selected[20:38, 30:54] = True
        assert not alpha[~selected].any()
        assert alpha[selected].all()


def test_variations_are_numbered_layers_with_seeds_of_their_own(shown: Shown) -> None:
    layers = shown.case("replaced")["layers"]
    assert [new["name"] for new in layers] == ["a red hat 1", "a red hat 2"]
    recipes = [json.loads(new["note"])["made"]["recipe"] for new in layers]
    assert [recipe["seed"] for recipe in recipes] == [11, 12]
    assert {recipe["variations"] for recipe in recipes} == {1}
    assert not np.array_equal(*(shown.pixels(new) for new in layers))


@pytest.mark.parametrize(("case", "model"), [(REPLACED[1], "sd15"), (REPLACED[2], "strange")])
def test_the_chosen_model_painted_it(shown: Shown, case: str, model: str) -> None:
    """Also one of a family that another package brought."""
    (new,) = shown.case(case)["layers"]
    recipe = json.loads(new["note"])["made"]["recipe"]
    assert (recipe["model"], recipe["method"], recipe["steps"]) == (model, "inpaint", 2)


def test_a_whole_layer_is_redrawn_at_its_own_size_and_depth(shown: Shown) -> None:
    found = shown.case("whole_layer_edited")
    (new,) = found["layers"]
    assert (new["x"], new["y"], new["width"], new["height"]) == (0, 0, 96, 80)
    assert new["encoding"] == "R'G'B'A u16"
    assert (shown.pixels(new)[..., -1] == 65535).all()
    assert not np.array_equal(shown.pixels(new)[..., :3], shown.pixels(found["before"]))
    assert json.loads(new["note"])["made"]["recipe"]["method"] == "sdedit"


def test_erase_leaves_out_a_model_that_cannot_and_words_that_it_does_not_need(shown: Shown) -> None:
    found = shown.case("erased_with_a_model_that_cannot")
    assert (found["status"], found["error"]) == ("success", "")
    (new,) = found["layers"]
    assert new["name"] == "Erased"
    assert json.loads(new["note"])["made"]["recipe"]["model"] == ""


def test_an_answer_to_the_visible_picture_lies_on_top_and_its_note_says_so(shown: Shown) -> None:
    found = shown.case("the_visible_picture")
    assert (found["status"], found["error"], found["top"]) == ("success", "", "Erased")
    assert json.loads(found["layers"][0]["note"])["made"]["reading"] == "visible"
    assert found["none chosen"] == ["success", ""]


def test_no_traceback_was_printed(shown: Shown) -> None:
    assert "Traceback" not in shown.printed
