"""Answers that are no layer over the source, in the real GIMP: a selection, a larger image, layers of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.foreign.answerers import MARGIN, OVER, RAMP, UNDER
from tests.hosts.gimp.desk import Desk
from tests.hosts.gimp.pixels import levels
from tests.hosts.gimp.shown import Shown, shown_by
from tests.running import RunningServer

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1800)]

KINDS = (
    *("RGB-U8_NON_LINEAR", "RGBA-U16_NON_LINEAR", "RGBA-FLOAT_LINEAR", "RGB-U32_NON_LINEAR"),
    *("GRAY-U8_NON_LINEAR", "GRAYA-U16_LINEAR", "GRAYA-FLOAT_NON_LINEAR"),
)
WIDTH, HEIGHT = 96, 80
SELECTED = np.s_[20:38, 30:54]
ABOVE_AT, ABOVE_SIZE = (20, 30), (60, 40)


@pytest.fixture(scope="module")
def shown(desk: Desk, gimp_server: RunningServer) -> Shown:
    return shown_by(desk, "typed")


def ramp(x: int = 0, y: int = 0) -> npt.NDArray[np.float64]:
    """What is found, 0..1, in an image whose scene begins at (x, y)."""
    left, top, right, bottom = RAMP
    mask = np.zeros((HEIGHT, WIDTH))
    mask[top + y : bottom + y, left + x : right + x] = (np.arange(right - left) + 1) / (right - left)
    return mask


def rectangle() -> npt.NDArray[np.float64]:
    mask = np.zeros((HEIGHT, WIDTH))
    mask[SELECTED] = 1
    return mask


COMBINED = {
    "found_replaces": ramp(),
    "found_adds": np.maximum(ramp(), rectangle()),
    "found_subtracts": np.minimum(rectangle(), 1 - ramp()),
    "found_intersects": np.minimum(ramp(), rectangle()),
}


def done(shown: Shown, name: str) -> dict[str, Any]:
    found = shown.case(name)
    assert (found["status"], found["error"]) == ("success", "")
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", COMBINED)
def test_what_is_found_becomes_the_selection_with_its_soft_edges(shown: Shown, how: str, kind: str) -> None:
    found = done(shown, f"{how}-{kind}")
    selected = shown.pixels(found["selected"])[..., 0]
    assert np.abs(selected - COMBINED[how]).max() <= 1 / 255
    assert len(np.unique(selected.round(2))) > 10  # not hard


@pytest.mark.parametrize("kind", KINDS)
def test_a_selection_adds_no_layer_and_leaves_the_choice_of_layers(shown: Shown, kind: str) -> None:
    found = done(shown, f"found_replaces-{kind}")
    assert found["layers"] == []
    assert (found["names"], found["chosen"]) == (["Above", "Paint"], ["Paint"])


@pytest.mark.parametrize("kind", KINDS)
def test_an_enlarged_image_has_everything_at_twice_its_size_and_the_answer_above_its_source(
    shown: Shown, kind: str
) -> None:
    found = done(shown, f"doubled-{kind}")
    assert found["size"] == [2 * WIDTH, 2 * HEIGHT]
    above, answer, paint = found["others"]
    assert (above["name"], above["x"], above["y"]) == ("Above", 2 * ABOVE_AT[0], 2 * ABOVE_AT[1])
    assert above["size"] == [2 * ABOVE_SIZE[0], 2 * ABOVE_SIZE[1]]
    assert (paint["name"], paint["x"], paint["y"], paint["size"]) == ("Paint", 0, 0, found["size"])
    assert (answer["x"], answer["y"], answer["size"]) == (0, 0, found["size"])
    assert (found["chosen"], answer["name"]) == (["Paint"], "Enlarged")


@pytest.mark.parametrize("kind", KINDS)
def test_the_selection_is_enlarged_with_the_image(shown: Shown, kind: str) -> None:
    selected = shown.pixels(done(shown, f"doubled-{kind}")["selected"])[..., 0]
    assert selected.shape == (2 * HEIGHT, 2 * WIDTH)
    assert selected[44:72, 64:104].min() == 1
    assert not selected[:36].any()
    assert not selected[:, :56].any()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "LINEAR" not in kind.replace("NON_LINEAR", "")])
def test_the_enlarged_answer_has_the_pixels_that_came(shown: Shown, kind: str) -> None:
    """The negative of what was there, each pixel four times; where what was there is seen through, whatever it was."""
    found = done(shown, f"doubled-{kind}")
    (new,) = found["layers"]
    before, made = levels(shown.out, found["before"]), levels(shown.out, new)
    colours = 1 if kind.startswith("GRAY") else 3
    large = before[..., :colours].repeat(2, 0).repeat(2, 1)
    assert np.abs(255 - large - made[..., :colours]).max() <= 1.5


@pytest.mark.parametrize("kind", KINDS)
def test_an_expanded_image_has_room_for_the_answer_and_everything_moves_along(shown: Shown, kind: str) -> None:
    found = done(shown, f"stretched-{kind}")
    left, top, right, bottom = MARGIN
    assert found["size"] == [WIDTH + left + right, HEIGHT + top + bottom]
    above, answer, paint = found["others"]
    assert (above["x"], above["y"], above["size"]) == (ABOVE_AT[0] + left, ABOVE_AT[1] + top, list(ABOVE_SIZE))
    assert (paint["x"], paint["y"], paint["size"]) == (left, top, [WIDTH, HEIGHT])
    assert (answer["name"], answer["x"], answer["y"], answer["size"]) == ("Expanded", 0, 0, found["size"])
    selected = shown.pixels(found["selected"])[..., 0]
    expected = np.zeros(selected.shape)
    expected[top : top + HEIGHT, left : left + WIDTH] = rectangle()
    assert np.array_equal(selected, expected)


@pytest.mark.parametrize("kind", [KINDS[0], KINDS[1], KINDS[6]])
def test_what_goes_on_beyond_the_borders_leaves_every_pixel_that_was_there(shown: Shown, kind: str) -> None:
    found = done(shown, f"continued-{kind}")
    left, below = WIDTH // 4, 20
    assert found["size"] == [WIDTH + left, HEIGHT + below]
    assert [each["name"] for each in found["others"]] == ["Above", "Expanded", "Paint"]
    assert (found["others"][2]["x"], found["others"][2]["y"]) == (left, 0)
    assert np.array_equal(shown.pixels(found["before"]), shown.pixels(found["after"]))
    seen, grown = shown.pixels(found["seen"]), shown.pixels(found["grown"])
    assert np.array_equal(grown[:HEIGHT, left:], seen)
    (new,) = found["layers"]
    alpha = levels(shown.out, new)[..., -1]
    assert not alpha[:HEIGHT, left:].any()
    assert "A-" in kind or alpha[HEIGHT:].min() == 255  # noise has noisy transparency, which goes on as it is


def test_where_a_layer_ends_within_its_image_there_is_nothing_to_go_on(shown: Shown) -> None:
    found = shown.case("smaller_than_its_image")
    assert "is empty along those sides" in found["right"][1]
    assert (found["left"], found["size"]) == (["success", ""], [WIDTH + 10, HEIGHT])
    assert "It has to be pixels from 0 to 16384, or per cent from 0% to 400%." in found["much"][1]


@pytest.mark.parametrize("kind", KINDS)
def test_layers_of_their_own_lie_where_they_say_with_their_own_transparency(shown: Shown, kind: str) -> None:
    found = done(shown, f"scraps-{kind}")
    assert found["size"] == [WIDTH, HEIGHT]
    assert found["names"] == ["Above", "two scraps", "Paint"]
    under, over = found["layers"]
    for layer, (name, place, opacity) in zip((under, over), (("Under", UNDER, 0.25), ("Over", OVER, 1.0)), strict=True):
        assert layer["name"] == name
        assert layer["parent"] == "two scraps"
        assert (layer["x"], layer["y"], layer["width"], layer["height"]) == place
        assert np.abs(levels(shown.out, layer)[..., -1] - 255 * opacity).max() <= 0.6
    assert over["position"] == 0


def test_places_are_counted_in_the_image_also_for_a_layer_that_lies_elsewhere(shown: Shown) -> None:
    found = done(shown, "a_layer_beside_the_corner")
    selected = shown.pixels(found["selected"])[..., 0]
    assert np.abs(selected - ramp(20, 30)).max() <= 1 / 255
    assert found["doubled"]["size"] == [2 * WIDTH, 2 * HEIGHT]
    (new,) = found["doubled"]["layers"]
    assert (new["x"], new["y"], new["width"], new["height"]) == (0, 80, 106, 80)  # what of it is in the image


def test_what_is_selected_does_not_bound_what_is_looked_for(shown: Shown) -> None:
    found = shown.case("selected_elsewhere")
    assert (found["found"], found["whichever"]) == (["success", ""], ["success", ""])


def test_a_shadow_joins_the_selection_before_anything_is_painted(shown: Shown) -> None:
    found = done(shown, "a_shadow_is_selected")
    selected = shown.pixels(found["selected"])[..., 0] > 0.5
    assert selected[SELECTED].all()
    assert selected[34:40, 56:76].mean() > 0.8
    assert selected[:30, 60:].mean() < 0.02
    assert found["layers"] == []


def test_only_the_marks_in_a_rough_selection_are_painted(shown: Shown) -> None:
    found = done(shown, "marks_are_healed")
    (new,) = found["layers"]
    answer = levels(shown.out, new)
    alpha = np.zeros((HEIGHT, WIDTH))
    alpha[new["y"] : new["y"] + new["height"], new["x"] : new["x"] + new["width"]] = answer[..., -1]
    y, x = np.indices((HEIGHT, WIDTH))
    away = np.abs(y - 28 - x // 8)
    inside = (x >= 12) & (x < 78)
    assert (alpha[(away <= 1) & inside] == 255).mean() > 0.95
    assert not alpha[away > 6].any()
    assert not alpha[:10].any()
    assert answer[answer[..., -1] > 0][:, :3].min() > 100


def test_locked_layers_are_enlarged_and_moved_with_their_image(shown: Shown) -> None:
    found = shown.case("everything_locked")
    assert all(found[name]["error"] == "" for name in ("enlarge", "expand"))
    assert found["enlarge"]["places"] == [[0, 0, 192], [40, 60, 120], [0, 0, 192]]
    assert found["expand"]["places"] == [[8, 5, 96], [28, 35, 60], [0, 0, 116]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("there", ("none", "empty", "something"))
def test_what_is_made_of_words_alone_needs_no_layer(shown: Shown, there: str, kind: str) -> None:
    found = shown.case("out_of_nothing")[f"{kind}-{there}"]
    assert (found["status"], found["error"]) == ("success", "")
    (new,) = found["layers"]
    assert (new["name"], new["x"], new["y"], new["width"], new["height"]) == ("a wall", 0, 0, WIDTH, HEIGHT)
    assert new["position"] == 0
    assert levels(shown.out, new)[..., -1].min() == 255


def test_an_unknown_way_to_combine_is_refused_with_those_there_are(shown: Shown) -> None:
    found = shown.case("an_unknown_way_to_combine")
    assert found["status"] == "execution-error"
    assert "‘combining’ is “multiply”. It is one of: replace, add, subtract, intersect." in found["error"]


def test_no_traceback_was_printed(shown: Shown) -> None:
    assert "Traceback" not in shown.printed
