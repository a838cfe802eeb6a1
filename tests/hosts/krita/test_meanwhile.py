"""What happens to the document while an edit runs, and between two edits: the answer comes where its source is then, or
it is said why not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.hosts.krita.pictures import Rect, grain, paint, pixels, select
from tests.hosts.krita.running import Krita
from tests.hosts.krita.scenes import (
    BLOT,
    CHOSEN,
    HALF,
    PAGE,
    SCENES,
    SIZE,
    Scene,
    build,
    difference,
    erase,
    flat,
    ink,
    mask,
    seen,
)
from tests.hosts.krita.scenes import paint as painted


@pytest.fixture
def blotted(krita: Krita) -> Krita:
    """A plain layer with a blot, which is selected, on a page."""
    build(krita, SCENES["plain"])
    return krita


def begin(krita: Krita) -> int:
    number: int = krita.ask("begin", function="erase_selection", feather=0)
    return number


def begin_then(krita: Krita, then: str, at: str = "", reading: str = "layer", **change: object) -> int:
    """Begins an edit and changes the document while it runs: when the phase ``at`` begins, if that is given."""
    values = {"function": "erase_selection", "feather": 0, "then": then, "at": at, "change": change}
    number: int = krita.ask("begin_then", reading=reading, **values)
    return number


def bounds_of(krita: Krita, layer: str) -> list[int]:
    bounds: list[int] = krita.ask("layer", name=layer)["bounds"]
    return bounds


# --- while an edit runs ----------------------------------------------------------------------------


@pytest.mark.parametrize("canvas", [(-40, -30, 400, 320), (20, 10, 200, 180), (0, 0, 500, 400)])
def test_the_answer_moves_with_the_canvas(blotted: Krita, canvas: tuple[int, int, int, int]) -> None:
    x, y, width, height = canvas
    job = begin_then(blotted, "resize_canvas", x=x, y=y, width=width, height=height)
    assert bounds_of(blotted, "Ink")[:2] == [-x, -y]
    settled = blotted.ask("settle", number=job)
    assert settled["phase"] == "DONE", settled
    assert bounds_of(blotted, "Erased") == [CHOSEN.x - x, CHOSEN.y - y, CHOSEN.width, CHOSEN.height]


def test_the_answer_moves_with_its_source(blotted: Krita) -> None:
    job = begin_then(blotted, "move_layer", name="Ink", x=17, y=-9)
    assert blotted.ask("settle", number=job)["phase"] == "DONE"
    assert bounds_of(blotted, "Erased")[:2] == [CHOSEN.x + 17, CHOSEN.y - 9]


def test_an_answer_that_comes_while_the_canvas_changes_waits_for_that(krita: Krita) -> None:
    """Krita moves one layer after the other, and lets a plugin's timer pass while it does."""
    build(krita, Scene((PAGE, *(painted(f"Ink {number}") for number in range(60)), painted())))
    job = begin_then(krita, "resize_canvas", at="PLACING", reading="visible", x=-40, y=-30, width=400, height=320)
    settled = krita.ask("settle", number=job)
    assert settled["phase"] == "DONE", settled
    assert bounds_of(krita, "Erased") == [CHOSEN.x + 40, CHOSEN.y + 30, CHOSEN.width, CHOSEN.height]


def refused(krita: Krita, job: int) -> None:
    settled = krita.ask("settle", number=job)
    assert settled["phase"] == "ORPHANED"
    assert "while this edit ran: the answer would not fit" in settled["error"]
    assert "Erased" not in str(krita.ask("places"))


def test_a_layer_moved_away_from_what_it_lies_on_gets_no_answer_of_before(krita: Krita) -> None:
    build(krita, SCENES["40 % opaque"])
    job = begin_then(krita, "move_layer", name="Ink", x=17, y=-9)
    refused(krita, job)


def test_a_layer_shown_in_another_way_gets_no_answer_of_before(blotted: Krita) -> None:
    job = begin_then(blotted, "show_again", name="Ink", opacity=HALF)
    refused(blotted, job)


def test_a_picture_scaled_meanwhile_gets_no_answer_beside_its_place(blotted: Krita) -> None:
    job = begin_then(blotted, "scale_picture", width=500, height=400)
    refused(blotted, job)


@pytest.mark.parametrize("action", ["mirrorImageHorizontal", "rotateImage180", "rotateImageCW90"])
def test_a_picture_turned_meanwhile_gets_no_answer_beside_its_place(blotted: Krita, action: str) -> None:
    job = begin_then(blotted, "trigger", name=action)
    refused(blotted, job)


def test_an_answer_that_would_not_fit_can_be_put_all_the_same(blotted: Krita) -> None:
    job = begin_then(blotted, "scale_picture", width=500, height=400)
    refused(blotted, job)
    blotted.ask("show_docker")
    blotted.ask("activate", name="Ink")
    blotted.ask("click_put_here", job_id=blotted.ask("job", number=job)["id"])
    assert blotted.ask("settle_done", number=job)["phase"] == "DONE"
    assert blotted.ask("places") == ["Page", "Ink", "Erased"]


def test_an_answer_comes_in_the_colours_that_the_picture_has_by_then(blotted: Krita) -> None:
    profile = blotted.ask("profiles", model="GRAYA", depth="U16")[0]
    job = begin_then(blotted, "convert_picture", model="GRAYA", depth="U16", profile=profile)
    assert blotted.ask("settle", number=job)["phase"] == "DONE"
    assert blotted.ask("layer", name="Erased")["space"] == ["GRAYA", "U16", profile]


def test_painting_on_a_part_of_the_layer_meanwhile_does_no_harm(blotted: Krita) -> None:
    job = begin(blotted)
    paint(blotted, "Ink", grain(90, 60), x=5, y=5)
    assert blotted.ask("settle", number=job)["phase"] == "DONE"


# --- between two edits -----------------------------------------------------------------------------


def test_a_second_edit_sees_the_first_and_lies_above_it(blotted: Krita) -> None:
    before = seen(blotted)
    assert erase(blotted) == ["Erased"]
    blotted.ask("rename", name="Erased", to="First")
    spot = np.zeros((12, 12, 4), np.uint8) + np.array([0, 0, 255, 255], np.uint8)
    paint(blotted, "First", spot, x=BLOT.x + 10, y=BLOT.y + 10)
    assert erase(blotted) == ["Erased"]
    assert blotted.ask("places") == ["Page", "Ink", "First", "Erased"]
    assert difference(before, seen(blotted)).right


def test_a_second_edit_lies_above_a_first_that_had_to_leave_the_group(krita: Krita) -> None:
    build(krita, SCENES["a line in a group at 40 %"])
    before = seen(krita)
    assert erase(krita) == ["Erased"]
    krita.ask("rename", name="Erased", to="First")
    paint(krita, "First", ink()[:12, :12] // 2, x=BLOT.x + 10, y=BLOT.y + 10)
    assert erase(krita) == ["Erased"]
    assert krita.ask("places") == ["Page", ["Group", ["Ink"]], "First", "Erased"]
    assert difference(before, seen(krita)).right


def test_running_again_does_not_read_its_own_answer(krita: Krita) -> None:
    build(krita, SCENES["multiply"])
    assert erase(krita) == ["Erased"]
    first = pixels(krita, "Erased", SIZE)
    krita.ask("rename", name="Erased", to="First")
    assert krita.ask("api", function="run_again", node="First") == ["Erased"]
    np.testing.assert_array_equal(pixels(krita, "Erased", SIZE), first)
    assert krita.ask("places") == ["Page", "Ink", "First", "Erased"]


def test_running_again_on_a_canvas_that_has_grown_finds_its_place(blotted: Krita) -> None:
    assert erase(blotted) == ["Erased"]
    blotted.ask("rename", name="Erased", to="First")
    blotted.ask("deselect")
    blotted.ask("resize_canvas", x=-40, y=-30, width=400, height=320)
    assert blotted.ask("api", function="run_again", node="First") == ["Erased"]
    assert bounds_of(blotted, "Erased") == bounds_of(blotted, "First")


def test_running_again_in_a_picture_that_was_scaled_asks_for_the_part(blotted: Krita) -> None:
    assert erase(blotted) == ["Erased"]
    blotted.ask("deselect")
    blotted.ask("scale_picture", width=500, height=400)
    with pytest.raises(Exception, match="Nothing is selected"):
        blotted.ask("api", function="run_again", node="Erased")


# --- said before any work is done --------------------------------------------------------------------


def test_an_empty_layer_above_the_photograph_is_named(krita: Krita) -> None:
    build(krita, Scene((PAGE, painted(), flat("Layer 2", rect=(0, 0, 4, 4)))))
    said = erase(krita, "Layer 2")
    assert said == (
        "‘Layer 2’ has no pixels where you selected. "
        "Choose the layer with the picture, or read “The visible picture” (in the settings)."
    )


def test_an_animated_layer_is_refused_with_the_way_out(blotted: Krita) -> None:
    blotted.ask("animate", name="Ink", frame=10)
    assert str(erase(blotted)).startswith("‘Ink’ is animated")


def test_a_layer_on_an_animated_one_is_refused_too(krita: Krita) -> None:
    build(krita, SCENES["40 % opaque"])
    krita.ask("animate", name="Page", frame=10)
    assert str(erase(krita)).startswith("‘Page’ is animated")


def test_a_selection_of_the_layers_own_is_used(krita: Krita) -> None:
    local = {"kind": "selection", "rect": (CHOSEN.x, CHOSEN.y, CHOSEN.width, CHOSEN.height)}
    build(krita, Scene((PAGE, painted(masks=[local]))))
    krita.ask("deselect")
    before = seen(krita)
    assert erase(krita) == ["Erased"]
    assert difference(before, seen(krita)).right


def test_while_one_layer_is_shown_alone_it_is_told_that_the_answer_is_not_seen(blotted: Krita) -> None:
    assert blotted.ask("isolate", name="Ink")
    job = begin(blotted)
    settled = blotted.ask("settle", number=job)
    assert not blotted.ask("isolate", name="Ink")
    assert (settled["phase"], "one layer alone" in settled["notice"]) == ("DONE", True)


# --- the visible picture -----------------------------------------------------------------------------


def test_the_visible_picture_is_read_and_answered_on_top_of_everything(krita: Krita) -> None:
    above = flat("Above", (0, 0, 250), opacity=60)
    empty = flat("Layer 2", rect=(0, 0, 4, 4))
    build(krita, Scene((PAGE, painted(opacity=HALF, masks=[mask()]), above, empty)))
    before = seen(krita)
    assert erase(krita, "Layer 2", reading="visible") == ["Erased"]
    assert difference(before, seen(krita)).right
    assert krita.ask("places") == ["Page", "Ink", "Above", "Layer 2", "Erased"]
    krita.ask("rename", name="Erased", to="First")
    first = pixels(krita, "First", SIZE)
    assert krita.ask("api", function="run_again", node="First") == ["Erased"]
    np.testing.assert_array_equal(pixels(krita, "Erased", SIZE), first)


def test_nobody_can_read_what_is_neither(blotted: Krita) -> None:
    assert str(erase(blotted, reading="everything")).startswith("‘everything’ is nothing that can be read.")


def test_pixels_that_nothing_lies_below_stay_as_transparent_as_they_were(krita: Krita) -> None:
    build(krita, Scene((painted(path="thin"),)))
    select(krita, Rect(100, 60, 150, 100))
    before = seen(krita)
    assert erase(krita) == ["Erased"]
    assert (seen(krita)[..., 3] == before[..., 3]).all()
    assert (ink(alpha=153, blot=153)[..., 3] == before[..., 3]).all()
