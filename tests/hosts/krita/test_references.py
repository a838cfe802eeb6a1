"""Further layers that a model looks at, in a real Krita: chosen by a script or in the list of layers. What is seen of
them a stranger's method says (``striped`` in ``tests/foreign/answerers.py``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from server.models.store.store import ModelStore
from tests.foreign.answerers import stripes
from tests.hosts.krita.pictures import Rect, grain, paint, pixels, select
from tests.hosts.krita.running import Krita, RefusedError

SIZE = Rect(0, 0, 96, 64)
RED, TEAL, WHITE = (200, 30, 20), (10, 120, 140), (255, 255, 255)


@pytest.fixture
def paper(krita: Krita) -> Iterator[Krita]:
    """A picture, and two layers of one colour: one reaches beyond the canvas, one is small."""
    krita.ask("new_document", width=SIZE.width, height=SIZE.height)
    paint(krita, "Ink", grain(SIZE.width, SIZE.height))
    add(krita, "Red", RED, Rect(-40, -30, 300, 200))
    add(krita, "Teal", TEAL, Rect(70, 50, 9, 5))
    krita.ask("activate", name="Ink")
    krita.ask("show_docker", width=260)
    krita.ask("await_server")
    yield krita
    if krita.process.poll() is None:
        krita.ask("fresh_docker")


def add(krita: Krita, name: str, colour: Sequence[int], rect: Rect, alpha: int = 255) -> None:
    krita.ask("add_layer", name=name)
    plain = np.tile(np.uint8([*colour[::-1], alpha]), (rect.height, rect.width, 1))
    paint(krita, name, plain, rect.x, rect.y)


def look(krita: Krita, *names: str, **settings: object) -> str:
    """Shows layers by a script; the answer's name."""
    made = krita.ask("api", function="method", role="redraw", method="striped", references=list(names), **settings)
    assert isinstance(made, list)
    return str(made[0])


def seen(krita: Krita, answer: str, count: int, row: int = 8) -> list[tuple[int, ...]]:
    """The colour of each stripe in that row."""
    found = pixels(krita, answer, SIZE)
    colours = [found[row, stripe, 2::-1] for stripe in stripes(SIZE.width, count)]
    assert all((colour == colour[0]).all() for colour in colours)
    return [tuple(map(int, colour[0])) for colour in colours]


def test_a_script_shows_layers_in_its_order_each_of_its_own_size(paper: Krita) -> None:
    first = look(paper, "Teal", "Red")
    assert seen(paper, first, 2) == [TEAL, RED]
    paper.ask("remove", name=first)
    assert seen(paper, look(paper, "Red", "Teal"), 2) == [RED, TEAL]


def test_a_layer_of_another_depth_is_seen_in_its_own_colours(paper: Krita) -> None:
    paper.ask("convert_layer", name="Teal", model="RGBA", depth="U16", profile="sRGB-elle-V2-g10.icc")
    paper.ask("convert_layer", name="Red", model="CMYKA", depth="U8", profile="Chemical proof")
    teal, red = seen(paper, look(paper, "Teal", "Red"), 2)
    assert max(abs(a - b) for a, b in zip(teal, TEAL, strict=True)) <= 1
    assert max(abs(a - b) for a, b in zip(red, RED, strict=True)) <= 30, "as ink shows it"


def test_a_hidden_layer_and_one_in_a_hidden_group_are_seen(paper: Krita) -> None:
    paper.ask("add_layer", name="Group", kind="grouplayer")
    paper.ask("add_layer", name="Inside", parent="Group")
    paint(paper, "Inside", np.tile(np.uint8([*TEAL[::-1], 255]), (SIZE.height, SIZE.width, 1)))
    for name in ("Red", "Group"):
        paper.ask("hide", name=name)
    assert seen(paper, look(paper, "Red", "Group", "Inside"), 3) == [RED, TEAL, TEAL]
    assert not paper.ask("layer", name="Group")["visible"]


@pytest.mark.parametrize("hidden", [False, True])
def test_what_a_mask_hides_is_not_seen(paper: Krita, hidden: bool) -> None:
    whole = [0, 0, SIZE.width, SIZE.height]
    layer = {"kind": "paint", "colour": [*RED[::-1], 255], "rect": whole}
    upper = {"kind": "transparency", "rect": [0, 0, SIZE.width, SIZE.height // 2]}
    masked = {**layer, "name": "Masked", "masks": [upper], "hidden": hidden}
    paper.ask("build", layers=[{**layer, "name": "Ink"}, masked], width=SIZE.width, height=SIZE.height)
    answer = look(paper, "Masked")
    assert seen(paper, answer, 1) == [RED]
    assert seen(paper, answer, 1, SIZE.height - 8) == [WHITE]


def test_a_layer_that_shows_nothing_is_named(paper: Krita) -> None:
    paper.ask("add_layer", name="Empty")
    with pytest.raises(RefusedError) as refused:
        look(paper, "Teal", "Empty")
    assert refused.value.sentence == "‘Empty’ shows nothing that could be looked at."
    assert refused.value.hint == "Choose a layer with pixels."


def test_a_method_that_looks_at_layers_says_so_where_there_are_none(paper: Krita) -> None:
    with pytest.raises(RefusedError) as refused:
        look(paper)
    assert refused.value.sentence == "‘Striped’ looks at further layers, and none is chosen."
    assert refused.value.hint == "Choose the layers that it is to look at, too."


def test_a_method_that_looks_at_none_refuses_them(paper: Krita) -> None:
    select(paper, Rect(10, 10, 20, 20))
    with pytest.raises(RefusedError) as refused:
        paper.ask("api", function="erase_selection", references=["Red"])
    assert "looks at no reference pictures" in refused.value.sentence


def test_a_layer_that_goes_while_it_is_read_ends_the_edit_with_its_name(paper: Krita) -> None:
    number = paper.ask("begin", function="method", role="redraw", method="striped", references=["Teal"])
    paper.ask("remove", name="Teal")
    done = paper.ask("settle", number=number)
    assert done["phase"] in ("DONE", "FAILED")
    if done["phase"] == "FAILED":
        assert done["error"] == "‘Teal’ was removed before it could be read."


# --- the list of layers ------------------------------------------------------------------------------


def test_what_else_is_selected_in_the_layer_list_is_looked_at(paper: Krita) -> None:
    paper.ask("choose_method", method="striped")
    paper.ask("select_layers", names=["Ink", "Teal", "Red"])
    assert "Looks at: ‘Red’, ‘Teal’" in paper.ask("panel")["hint"]
    paper.ask("run_chosen")
    done = paper.ask("last_job")
    assert (done["phase"], len(done["layers"])) == ("DONE", 1)
    assert seen(paper, done["layers"][0], 2) == [RED, TEAL], "the lowest first"


def test_the_docker_says_that_a_layer_to_look_at_is_missing(paper: Krita) -> None:
    paper.ask("select_layers", names=["Ink"])
    paper.ask("choose_method", method="striped")
    assert paper.ask("panel")["hint"] == (
        "‘Striped’ looks at further layers, and none is chosen. Choose the layers that it is to look at, too."
    )
    paper.ask("run_chosen")
    assert "none is chosen" in paper.ask("panel")["hint"]


def test_selected_layers_are_no_matter_to_a_method_that_looks_at_none(paper: Krita) -> None:
    select(paper, Rect(10, 10, 20, 20))
    paper.ask("select_layers", names=["Ink", "Red"])
    assert "Looks at" not in paper.ask("panel")["hint"]
    paper.ask("click_run")
    assert paper.ask("last_job")["phase"] == "DONE"


def test_run_again_looks_at_the_same_layers_and_says_when_one_has_gone(paper: Krita) -> None:
    answer = look(paper, "Teal", "Red")
    again = paper.ask("api", function="run_again", node=answer)
    assert seen(paper, again[0], 2) == [TEAL, RED]
    paper.ask("remove", name="Teal")
    with pytest.raises(RefusedError) as refused:
        paper.ask("api", function="run_again", node=answer)
    assert refused.value.sentence == "A layer that this edit looked at has gone."


# --- a model that looks ------------------------------------------------------------------------------


def test_replace_shows_a_layer_to_flux_2_klein(paper: Krita, krita_home: Path, tmp_path: Path) -> None:
    from tests import tiny_models

    paper.ask("new_document", width=SIZE.width, height=SIZE.height, depth="U16")
    paint(paper, "Ink", grain(SIZE.width, SIZE.height, depth="U16"))
    for name, seed in (("One", 1), ("Other", 2)):
        paper.ask("add_layer", name=name)
        noise = np.random.default_rng(seed).integers(0, 65535, (48, 64, 4), np.uint16)
        paint(paper, name, noise | np.uint16([0, 0, 0, 65535]))
    select(paper, Rect(20, 10, 40, 40))
    store = ModelStore(krita_home / "models")
    tiny_models.install("flux2-klein", store, tmp_path)
    try:
        answers = [replaced(paper, references) for references in (["One"], ["Other"], ["One"], [])]
    finally:
        store.remove("flux2-klein")
    one, other, again, none = answers
    assert np.array_equal(one, again)
    assert np.abs(one - other).max() > 20
    assert np.abs(one - none).max() > 20


def replaced(krita: Krita, references: list[str]) -> np.ndarray:
    settings = {"model": "flux2-klein", "steps": 2, "seed": 3, "feather": 0, "references": references}
    (name,) = krita.ask("api", function="replace_selection", prompt="a hat", **settings)
    krita.ask("rename", name=name, to=f"answer {references}")
    found = pixels(krita, f"answer {references}", SIZE, depth="U16").astype(int)
    krita.ask("remove", name=f"answer {references}")
    return found
