"""Answers of every kind in a real Krita: a selection, a larger picture, a layer of its own, a group of layers that lie
elsewhere. The methods are a stranger's (``tests/foreign/answerers.py``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.foreign.answerers import MARGIN, OVER, RAMP, UNDER
from tests.hosts.host import Host
from tests.hosts.krita import running
from tests.hosts.krita.pictures import Rect, grain, outside, paint, pixels, select, selection
from tests.hosts.krita.running import Krita, RefusedError
from tests.hosts.screen import Screen

SIZE = Rect(0, 0, 128, 96)
FORMER = Rect(20, 16, 60, 40)
METHODS = {"select": "found", "enlarge": "doubled", "expand": "stretched", "create": "scraps"}


@pytest.fixture
def paper(krita: Krita) -> Iterator[Krita]:
    lay_out(krita)
    yield krita
    if krita.process.poll() is None:
        krita.ask("fresh_docker")


def ramp() -> np.ndarray:
    left, top, right, bottom = RAMP
    mask = np.zeros((SIZE.height, SIZE.width))
    mask[top:bottom, left:right] = 255 * (np.arange(right - left) + 1) / (right - left)
    return mask


def lay_out(krita: Krita, depth: str = "U8") -> None:
    krita.ask("new_document", width=SIZE.width, height=SIZE.height, depth=depth)
    paint(krita, "Ink", grain(SIZE.width, SIZE.height, depth=depth))
    krita.ask("show_docker", width=260)
    krita.ask("await_server")


def answer(krita: Krita, role: str, **settings: object) -> list:
    made = krita.ask("api", function="method", role=role, method=METHODS[role], **settings)
    assert isinstance(made, list)
    return made


def chosen(krita: Krita, at: Rect = SIZE) -> np.ndarray:
    found = selection(krita, at)
    return np.zeros((at.height, at.width)) if found is None else found.astype(float)


def close(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.abs(one - other).max() <= 1)


# --- what is selected --------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", ["U8", "U16"])
def test_what_is_found_becomes_the_selection_with_its_soft_edges_in_one_step(paper: Krita, depth: str) -> None:
    lay_out(paper, depth)
    before = paper.ask("steps")
    covered = answer(paper, "select")
    assert covered == [RAMP[0], RAMP[1], RAMP[2] - RAMP[0], RAMP[3] - RAMP[1]]
    assert close(chosen(paper), ramp())
    assert len(paper.ask("steps")) == len(before) + 1
    assert paper.ask("stack") == ["Ink"]
    paper.ask("undo")
    assert selection(paper, SIZE) is None
    paper.ask("redo")
    assert close(chosen(paper), ramp())


def combined(how: str) -> np.ndarray:
    former = np.where(outside(FORMER, SIZE), 0.0, 255.0)
    return {
        "replace": ramp(),
        "add": np.maximum(former, ramp()),
        "subtract": np.maximum(former - ramp(), 0),
        "intersect": np.minimum(former, ramp()),
    }[how]


@pytest.mark.parametrize("how", ["replace", "add", "subtract", "intersect"])
def test_it_replaces_adds_to_takes_from_or_meets_the_former_one_which_one_undo_brings_back(
    paper: Krita, how: str
) -> None:
    select(paper, FORMER)
    former, before = chosen(paper), paper.ask("steps")
    answer(paper, "select", combining=how)
    assert close(chosen(paper), combined(how))
    assert len(paper.ask("steps")) == len(before) + 1
    paper.ask("undo")
    np.testing.assert_array_equal(chosen(paper), former)


def test_a_selection_is_looked_for_in_the_whole_picture_whatever_is_selected(paper: Krita) -> None:
    select(paper, FORMER)
    job = paper.ask("begin", function="method", role="select", method="found")
    assert paper.ask("crop", number=job) == [0, 0, SIZE.width, SIZE.height]
    assert paper.ask("settle", number=job)["phase"] == "DONE"


def test_nothing_is_selected_where_nothing_is_left(paper: Krita) -> None:
    assert answer(paper, "select", combining="intersect") == []
    assert selection(paper, SIZE) is None


def test_there_is_no_other_way_to_combine(paper: Krita) -> None:
    with pytest.raises(RefusedError) as refused:
        answer(paper, "select", combining="forget")
    assert refused.value.sentence == "‘forget’ is no way to combine selections."
    assert refused.value.hint == "There are: “replace”, “add”, “subtract”, “intersect”."


def test_in_the_docker_the_choice_is_shown_where_the_answer_is_a_selection(
    paper: Krita, krita_display: Screen, artefacts: Path
) -> None:
    select(paper, FORMER)
    paper.ask("unfold", everything=True)
    assert "Selection" not in paper.ask("shown_settings")
    paper.ask("choose_method", method="found")
    assert "Selection" in paper.ask("shown_settings")
    paper.ask("set_field", name="combining", value="add")
    paper.ask("run_chosen")
    assert paper.ask("last_job")["phase"] == "DONE"
    paper.ask("wait", seconds=0.5)
    krita_display.screenshot(artefacts / "krita-selected.png")
    assert close(chosen(paper), combined("add"))
    assert paper.ask("overflowing") == []


def test_it_moves_with_what_it_was_found_in(paper: Krita) -> None:
    change = {"x": -10, "y": -6, "width": 160, "height": 120}
    values = {"function": "method", "role": "select", "method": "found"}
    job = paper.ask("begin_then", then="resize_canvas", change=change, **values)
    assert paper.ask("settle", number=job)["phase"] == "DONE"
    assert close(chosen(paper, Rect(10, 6, SIZE.width, SIZE.height)), ramp())


def test_it_goes_into_a_document_behind_another_one_too(paper: Krita) -> None:
    select(paper, FORMER)
    former, before = chosen(paper), paper.ask("steps")
    job = paper.ask("begin", function="method", role="select", method="found")
    paper.ask("open_another")
    assert paper.ask("settle", number=job)["phase"] == "DONE"
    assert close(chosen(paper), ramp())
    paper.ask("close_front")
    paper.ask("undo", times=len(paper.ask("steps")) - len(before))  # in Krita 5.2 these are two steps
    np.testing.assert_array_equal(chosen(paper), former)


# --- a larger picture --------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["enlarge", "expand"])
def test_a_larger_picture_is_a_document_of_its_own_and_the_other_stays(
    paper: Krita, role: str, krita_display: Screen, artefacts: Path
) -> None:
    file = paper.file(f"photo-{role}.kra")
    paper.ask("save", path=str(file))
    source = pixels(paper, "Ink", SIZE)
    left, top, right, bottom = MARGIN
    name = "Enlarged" if role == "enlarge" else "Expanded"
    size = [2 * SIZE.width, 2 * SIZE.height]
    if role == "expand":
        size = [SIZE.width + left + right, SIZE.height + top + bottom]

    assert answer(paper, role) == size

    paper.ask("wait", seconds=0.5)
    krita_display.screenshot(artefacts / f"krita-{role}.png")
    assert paper.ask("stack") == ["Ink"]
    np.testing.assert_array_equal(pixels(paper, "Ink", SIZE), source)
    paper.ask("turn_to_active")
    larger = next(one for one in paper.ask("open_pictures") if one["size"] == size)
    assert (larger["stack"], larger["modified"]) == (["Ink", name], True)
    assert Path(larger["file"]).name == f"photo-{role} {'×2' if role == 'enlarge' else '+'}.kra"
    made, grown = (pixels(paper, one, Rect(0, 0, *size)).astype(int) for one in (name, "Ink"))
    if role == "expand":
        assert np.abs(made - (128, 128, 128, 255)).max() <= 1
        np.testing.assert_array_equal(grown[top : top + SIZE.height, left : left + SIZE.width], source)
    else:
        negative = 255 - source[..., :3].astype(int).repeat(2, 0).repeat(2, 1)
        assert np.abs(made[..., :3] - negative).max() <= 1
        assert np.abs(grown[::2, ::2] - source)[4:-4, 4:-4].mean() < 8
    paper.ask("undo")
    assert paper.ask("stack") == ["Ink"]


def expanded(krita: Krita, left: int, top: int, right: int, bottom: int, depth: str = "U8") -> None:
    """The picture goes on by so many pixels, and what was there is there, bit for bit."""
    source = pixels(krita, "Ink", SIZE, depth=depth)
    krita.ask("turn_to_active")
    size = [SIZE.width + left + right, SIZE.height + top + bottom]
    whole = Rect(0, 0, *size)
    assert krita.ask("stack") == ["Ink", "Expanded"]
    inner = np.s_[top : top + SIZE.height, left : left + SIZE.width]
    np.testing.assert_array_equal(pixels(krita, "Ink", whole, depth=depth)[inner], source)
    beyond = np.ones((whole.height, whole.width), bool)
    beyond[inner] = False
    alpha = pixels(krita, "Expanded", whole, depth=depth)[..., 3]
    assert (alpha[beyond].min(), alpha[~beyond].max()) == (np.iinfo(alpha.dtype).max, 0)


@pytest.mark.parametrize("depth", ["U8", "U16"])
def test_a_picture_goes_on_as_far_as_a_script_says(paper: Krita, depth: str) -> None:
    lay_out(paper, depth)
    assert paper.ask("api", function="method", role="expand", right="25%", top=20) == [160, 116]
    expanded(paper, 0, 20, 32, 0, depth)


def test_another_variation_of_what_goes_on_lies_on_the_first_and_the_picture_grows_no_further(paper: Krita) -> None:
    size = paper.ask("api", function="method", role="expand", right="25%", top=20)
    paper.ask("turn_to_active")
    before = paper.ask("steps")
    assert paper.ask("api", function="run_again", node="Expanded", another=True) == ["Expanded"]
    assert paper.ask("stack") == ["Ink", "Expanded", "Expanded"]
    assert len(paper.ask("steps")) == len(before) + 1
    assert [one["size"] for one in paper.ask("open_pictures")].count(size) == 1


def test_a_selection_beyond_the_canvas_says_how_far_the_picture_goes_on(paper: Krita) -> None:
    """From the menu, and nothing is asked."""
    select(paper, Rect(-24, 30, 180, 40))
    paper.ask("action", name="overpaint_expand")
    assert paper.ask("last_job")["phase"] == "DONE"
    expanded(paper, 24, 0, 28, 0)


def test_without_one_the_docker_asks_how_far(paper: Krita, krita_display: Screen, artefacts: Path) -> None:
    paper.ask("action", name="overpaint_expand")
    assert {"Left", "Top", "Right", "Bottom"} <= set(paper.ask("shown_settings"))
    paper.ask("set_field", name="left", value="30")
    paper.ask("wait", seconds=0.5)
    krita_display.screenshot(artefacts / "krita-expand-asked.png")
    paper.ask("run_chosen")
    opened(paper)
    krita_display.screenshot(artefacts / "krita-expanded.png")
    expanded(paper, 30, 0, 0, 0)


def test_a_larger_picture_can_be_edited_like_any(paper: Krita) -> None:
    answer(paper, "enlarge")
    paper.ask("turn_to_active")
    select(paper, Rect(100, 60, 30, 30))
    assert paper.ask("api", function="erase_selection", feather=0) == ["Erased"]
    assert paper.ask("layer", name="Erased")["bounds"] == [100, 60, 30, 30]


# --- layers that are pictures of their own -------------------------------------------------------------


def test_layers_that_belong_together_come_as_a_group_in_one_step_and_lie_where_they_say(paper: Krita) -> None:
    select(paper, FORMER)
    before = paper.ask("steps")
    job = paper.ask("begin", function="method", role="create", method="scraps", prompt="a heap")
    x, y, *_ = paper.ask("crop", number=job)
    assert paper.ask("settle", number=job)["layers"] == ["Under", "Over"]
    assert paper.ask("stack") == ["Ink", "a heap"]
    assert paper.ask("group_of", name="a heap") == ["Under", "Over"]  # both are seen
    assert len(paper.ask("steps")) == len(before) + 1
    for name, (left, top, width, height), alpha in (("Under", UNDER, 64), ("Over", OVER, 255)):
        place = Rect(x + left, y + top, width, height)
        assert paper.ask("layer", name=name)["bounds"] == [place.x, place.y, width, height]
        assert np.abs(pixels(paper, name, place)[..., 3].astype(int) - alpha).max() <= 1
    paper.ask("undo")
    assert paper.ask("stack") == ["Ink"]


def test_of_several_that_lie_elsewhere_small_pictures_are_shown_to_choose_from(
    paper: Krita, krita_display: Screen, artefacts: Path
) -> None:
    select(paper, FORMER)
    paper.ask("choose_method", method="pieces")
    paper.ask("run_chosen")
    assert paper.ask("last_job")["phase"] == "CHOOSING"
    paper.ask("wait", seconds=0.5)
    krita_display.screenshot(artefacts / "krita-pieces.png")
    paper.ask("click_keep", index=1)
    assert paper.ask("stack") == ["Ink", "Over"]


def test_a_picture_made_of_words_is_a_layer_of_its_own(paper: Krita) -> None:
    paper.ask("choose_method", method="invented")
    assert paper.ask("focus") == "What should be here?"
    before = paper.ask("steps")
    paper.ask("write_prompt", text="an old boat")
    paper.ask("press", key="Return")
    assert paper.ask("last_job")["phase"] == "DONE"
    assert paper.ask("stack") == ["Ink", "an old boat"]
    assert (pixels(paper, "an old boat", SIZE)[..., :3] == 191).all()
    assert len(paper.ask("steps")) == len(before) + 1


# --- from the menu -------------------------------------------------------------------------------------


def test_a_selection_is_made_from_the_docker(paper: Krita) -> None:
    paper.ask("choose_method", method="found")
    paper.ask("run_chosen")
    assert paper.ask("last_job")["phase"] == "DONE"
    assert close(chosen(paper), ramp())


def opened(krita: Krita) -> None:
    job = krita.ask("last_job")
    said = "The larger picture is a document of its own: ‘Ink’ stays as it is."
    assert (job["phase"], job["notice"]) == ("DONE", said)
    assert len(krita.ask("open_pictures")) == 2


def test_a_larger_picture_is_opened_from_the_menu(paper: Krita) -> None:
    paper.ask("action", name="overpaint_enlarge")
    opened(paper)


def test_a_larger_picture_is_opened_from_the_docker(paper: Krita) -> None:
    paper.ask("choose_method", method="stretched")
    paper.ask("run_chosen")
    opened(paper)


# --- without its document ------------------------------------------------------------------------------


def test_what_was_found_in_a_closed_document_can_be_selected_in_another(paper: Krita) -> None:
    job = paper.ask("begin", function="method", close="sent", role="select", method="found")
    orphan = paper.ask("settle", number=job)
    assert orphan["phase"] == "ORPHANED"
    lay_out(paper)
    paper.ask("click_put_here", job_id=orphan["id"])
    assert close(chosen(paper), ramp())


@pytest.mark.parametrize("role", ["select", "enlarge", "create"])
def test_after_a_crash_of_krita_an_answer_of_any_kind_is_put_into_the_picture_in_front(
    paper: Krita, role: str, host: Host, krita_display: Screen
) -> None:
    """It ends this Krita as a crash would."""
    job = paper.ask("begin", function="method", close="sent", role=role, method=METHODS[role], combining="add")
    mine = paper.ask("settle", number=job)["id"]
    paper.process.kill()
    paper.process.wait()
    with running.krita(host, krita_display, name=f"again-{role}") as again:
        lay_out(again)
        select(again, FORMER)
        again.ask("await_phase", phase="ORPHANED", job_id=mine)
        again.ask("click_put_here", job_id=mine)
        if role == "select":
            assert close(chosen(again), combined("add"))
        elif role == "create":
            assert again.ask("group_of", name=again.ask("stack")[1]) == ["Under", "Over"]
        else:
            sizes = [one["size"] for one in again.ask("open_pictures")]
            assert sorted(sizes) == [[SIZE.width, SIZE.height], [2 * SIZE.width, 2 * SIZE.height]]


def test_what_is_created_with_a_transparent_background_shows_what_lies_below_around_it(paper: Krita) -> None:
    settings = {"model": "sd15", "steps": 2, "seed": 3, "background": "transparent"}
    (name,) = paper.ask("api", function="method", role="create", method="create", prompt="a red hat", **settings)
    alpha = pixels(paper, name, SIZE)[..., 3]
    assert not alpha[:4].any() and not alpha[:, -4:].any()
    assert alpha[30:60, 40:80].any()
