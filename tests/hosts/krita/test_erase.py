"""Erasing in a real Krita with the real server: what changes, what does not, in every kind of document."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.hosts.krita.pictures import FULL, Rect, grain, outside, paint, pixels, select, selection
from tests.hosts.krita.running import Krita, RefusedError
from tests.running import until

SIZE = Rect(0, 0, 333, 251)
BLOT = Rect(140, 90, 40, 30)
CHOSEN = Rect(134, 84, 52, 42)
FORMATS = [("RGBA", "U8"), ("RGBA", "U16"), ("RGBA", "F16"), ("RGBA", "F32"), ("GRAYA", "U8"), ("GRAYA", "U16")]
CONVERTED = [("CMYKA", "U8"), ("LABA", "U16")]


@pytest.fixture
def blotted(krita: Krita) -> Krita:
    """An 8-bit document with a blot, selected with a margin."""
    krita.ask("new_document", width=SIZE.width, height=SIZE.height)
    paint(krita, "Ink", grain(SIZE.width, SIZE.height, blot=BLOT))
    select(krita, CHOSEN)
    return krita


@pytest.mark.parametrize(("model", "depth"), FORMATS + CONVERTED)
def test_every_format_gets_a_layer_of_its_own_kind_and_loses_nothing_outside(
    krita: Krita, model: str, depth: str
) -> None:
    krita.ask("new_document", width=SIZE.width, height=SIZE.height, model=model, depth=depth)
    picture = grain(SIZE.width, SIZE.height, model, depth, BLOT)
    paint(krita, "Ink", picture)
    select(krita, CHOSEN)
    before = pixels(krita, "Ink", SIZE, model, depth)

    assert krita.ask("api", function="erase_selection", feather=0) == ["Erased"]

    answer = pixels(krita, "Erased", SIZE, model, depth)
    assert (answer[..., -1][outside(CHOSEN, SIZE)] == 0).all()
    inside = answer[CHOSEN.slices]
    assert (inside[..., -1].astype(float) > 0.99 * FULL[depth]).mean() > 0.9
    blot = answer[BLOT.slices][..., :-1].astype(float)
    assert np.abs(blot - before[BLOT.slices][..., :-1].astype(float)).max() > 0.1 * FULL[depth]
    np.testing.assert_array_equal(pixels(krita, "Ink", SIZE, model, depth), before)
    assert krita.ask("layer", name="Erased")["space"] == krita.ask("layer", name="Ink")["space"]


def test_the_erased_part_continues_its_surroundings_in_linear_light_too(krita: Krita) -> None:
    krita.ask("new_document", width=SIZE.width, height=SIZE.height, depth="F32")
    clean = grain(SIZE.width, SIZE.height, "RGBA", "F32")
    paint(krita, "Ink", grain(SIZE.width, SIZE.height, "RGBA", "F32", BLOT))
    select(krita, CHOSEN)
    krita.ask("api", function="erase_selection", feather=0)
    answer = pixels(krita, "Erased", SIZE, "RGBA", "F32")[BLOT.slices][..., :3]
    assert np.abs(answer.mean((0, 1)) - clean[BLOT.slices][..., :3].mean((0, 1))).max() < 0.05


def test_an_exported_picture_is_identical_outside_the_selection(blotted: Krita) -> None:
    before, after = blotted.file("before.png"), blotted.file("after.png")
    blotted.ask("save", path=str(before))
    blotted.ask("api", function="erase_selection", feather=0)
    blotted.ask("save", path=str(after))
    old, new = (np.asarray(Image.open(path).convert("RGBA")) for path in (before, after))
    np.testing.assert_array_equal(new[outside(CHOSEN, SIZE)], old[outside(CHOSEN, SIZE)])
    assert (new[BLOT.slices] != old[BLOT.slices]).any(axis=-1).mean() > 0.9


def test_the_default_feather_stays_close_to_the_selection(blotted: Krita) -> None:
    blotted.ask("api", function="erase_selection")
    alpha = pixels(blotted, "Erased", SIZE)[..., 3]
    far = outside(Rect(CHOSEN.x - 40, CHOSEN.y - 40, CHOSEN.width + 80, CHOSEN.height + 80), SIZE)
    assert (alpha[far] == 0).all()


def test_the_layers_of_an_ora_file_are_the_source_and_the_answer_above_it(blotted: Krita) -> None:
    source = pixels(blotted, "Ink", SIZE)
    blotted.ask("api", function="erase_selection", feather=0)
    path = blotted.file("layers.ora")
    blotted.ask("save", path=str(path))
    with zipfile.ZipFile(path) as ora:
        stack = ora.read("stack.xml").decode()
        names = [part.split('"')[0] for part in stack.split(' name="')[1:]]
        layers = sorted(name for name in ora.namelist() if name.startswith("data/layer"))
        lowest = [np.asarray(Image.open(BytesIO(ora.read(name))).convert("RGBA")) for name in layers]
    assert names.index("Erased") < names.index("Ink")  # top first
    assert any(np.array_equal(layer, source[..., [2, 1, 0, 3]]) for layer in lowest)


def test_one_undo_removes_the_answer_and_redo_brings_its_pixels_back(blotted: Krita) -> None:
    blotted.ask("api", function="erase_selection")
    answer = pixels(blotted, "Erased", SIZE)
    blotted.ask("undo")
    assert blotted.ask("stack") == ["Ink"]
    blotted.ask("redo")
    np.testing.assert_array_equal(pixels(blotted, "Erased", SIZE), answer)


@pytest.mark.parametrize(("model", "depth"), CONVERTED)
def test_converting_colours_leaves_no_steps_in_the_undo_history(krita: Krita, model: str, depth: str) -> None:
    krita.ask("new_document", width=SIZE.width, height=SIZE.height, model=model, depth=depth)
    paint(krita, "Ink", grain(SIZE.width, SIZE.height, model, depth, BLOT))
    select(krita, CHOSEN)
    krita.ask("add_layer", name="Sketch")
    krita.ask("api", function="erase_selection", node="Ink")
    krita.ask("undo")
    assert krita.ask("stack") == ["Ink", "Sketch"]
    krita.ask("undo")
    assert krita.ask("stack") == ["Ink"]


def test_a_layer_in_a_colour_space_of_its_own_gets_an_answer_in_it(blotted: Krita) -> None:
    profile = blotted.ask("profiles", model="GRAYA", depth="U16")[0]
    blotted.ask("convert_layer", name="Ink", model="GRAYA", depth="U16", profile=profile)
    blotted.ask("add_layer", name="Sketch")
    blotted.ask("api", function="erase_selection", node="Ink", feather=0)
    assert blotted.ask("layer", name="Erased")["space"] == ["GRAYA", "U16", profile]
    answer = pixels(blotted, "Erased", SIZE, "GRAYA", "U16")
    assert (answer[..., 1][outside(CHOSEN, SIZE)] == 0).all()
    assert (answer[CHOSEN.slices][..., 1] == 65535).mean() > 0.9
    blotted.ask("undo")
    blotted.ask("undo")
    assert blotted.ask("stack") == ["Ink"]


def test_the_selection_and_the_active_layer_stay(blotted: Krita) -> None:
    before = selection(blotted, SIZE)
    blotted.ask("api", function="erase_selection")
    blotted.ask("wait", seconds=0.5)
    np.testing.assert_array_equal(selection(blotted, SIZE), before)
    assert blotted.ask("active_name") == "Ink"


def test_the_answer_comes_above_its_source_though_another_layer_is_active_by_then(blotted: Krita) -> None:
    blotted.ask("add_layer", name="Above")
    job = blotted.ask("begin", function="erase_selection", node="Ink")
    blotted.ask("activate", name="Above")
    assert blotted.ask("settle", number=job)["phase"] == "DONE"
    assert blotted.ask("stack") == ["Ink", "Erased", "Above"]
    # Krita makes the new layer the active one a moment later; the plugin gives the user's back after that.
    until(lambda: blotted.ask("active_name") == "Above", "the user's layer to be the active one again")


def test_what_of_a_layer_lies_beyond_the_canvas_is_neither_sent_nor_answered(krita: Krita) -> None:
    krita.ask("new_document", width=200, height=160)
    paint(krita, "Ink", grain(300, 240, blot=Rect(60, 50, 40, 30)), x=-60, y=-50)
    select(krita, Rect(-45, -35, 100, 80))
    job = krita.ask("begin", function="erase_selection", feather=0)
    assert krita.ask("crop", number=job) == [0, 0, 200, 160]
    assert krita.ask("settle", number=job)["phase"] == "DONE"
    answer = pixels(krita, "Erased", Rect(-60, -50, 300, 240))
    on_canvas = Rect(60, 50, 55, 45)
    assert (answer[..., 3][outside(on_canvas, Rect(0, 0, 300, 240))] == 0).all()
    assert (answer[..., 3][on_canvas.slices] == 255).mean() > 0.9


def test_a_layer_smaller_than_the_canvas_is_answered_within_the_selection(krita: Krita) -> None:
    krita.ask("new_document", width=SIZE.width, height=SIZE.height)
    paint(krita, "Ink", grain(160, 120, blot=Rect(30, 30, 20, 20)), x=80, y=60)
    select(krita, Rect(104, 84, 32, 32))
    krita.ask("api", function="erase_selection", feather=0)
    alpha = pixels(krita, "Erased", SIZE)[..., 3]
    assert (alpha[outside(Rect(104, 84, 32, 32), SIZE)] == 0).all()


def test_a_group_is_read_as_it_looks_and_the_answer_comes_above_it(blotted: Krita) -> None:
    blotted.ask("add_layer", name="Group", kind="grouplayer")
    blotted.ask("add_layer", name="Within", parent="Group")
    paint(blotted, "Within", grain(SIZE.width, SIZE.height, blot=BLOT))
    blotted.ask("api", function="erase_selection", node="Group", feather=0)
    assert blotted.ask("stack") == ["Ink", "Group", "Erased"]
    assert pixels(blotted, "Erased", SIZE)[CHOSEN.slices][..., 3].max() == 255


def test_a_hidden_layer_is_refused_with_the_way_out(blotted: Krita) -> None:
    blotted.ask("hide", name="Ink")
    with pytest.raises(RefusedError) as refused:
        blotted.ask("api", function="erase_selection")
    assert refused.value.hint == "Show it, or choose another layer."


def test_without_a_selection_the_sentence_says_what_to_select(blotted: Krita) -> None:
    blotted.ask("deselect")
    with pytest.raises(RefusedError) as refused:
        blotted.ask("api", function="erase_selection")
    assert refused.value.code == "empty-selection"
    assert refused.value.sentence == "Nothing is selected."
    assert refused.value.hint == "Select the part to change."


def test_a_mask_is_no_layer_to_edit(blotted: Krita) -> None:
    blotted.ask("add_layer", name="Veil", kind="transparencymask", parent="Ink")
    with pytest.raises(RefusedError) as refused:
        blotted.ask("api", function="erase_selection", node="Veil")
    assert refused.value.sentence == "‘Veil’ is a mask of ‘Ink’."
    assert refused.value.hint == "Choose ‘Ink’ to edit what it shows."


def test_a_script_that_misspells_a_setting_hears_of_it(blotted: Krita) -> None:
    with pytest.raises(RefusedError) as refused:
        blotted.ask("api", function="erase_selection", fether=3)
    assert refused.value.kind == "TypeError"


def test_the_recipe_lies_in_the_document_and_the_layer_can_be_made_again_from_the_file(blotted: Krita) -> None:
    blotted.ask("api", function="erase_selection", feather=0, seed=5)
    first = pixels(blotted, "Erased", SIZE)
    path = blotted.file("again.kra")
    blotted.ask("save", path=str(path))
    blotted.ask("close_all")
    assert blotted.ask("open_file", path=str(path)) == ["Ink", "Erased"]
    kept = {name: text for name, text in blotted.ask("annotations").items() if name.startswith("overpaint-")}
    recipe = json.loads(next(text for name, text in kept.items() if not name.endswith("-selection")))["made"]["recipe"]
    assert (recipe["method"], recipe["feather"], recipe["seed"]) == ("erase", 0, 5)

    blotted.ask("deselect")  # the selection of then is in the file
    assert blotted.ask("api", function="run_again", node="Erased") == ["Erased"]
    blotted.ask("undo")  # the newest of the two
    blotted.ask("redo")
    assert blotted.ask("stack") == ["Ink", "Erased", "Erased"]
    np.testing.assert_array_equal(pixels(blotted, "Erased", SIZE), first)


def test_a_script_that_waits_within_what_an_edit_tells_it_hears_that_it_cannot(blotted: Krita) -> None:
    assert blotted.ask("api_within", function="erase_selection") == (
        "Overpaint is telling of another edit at this moment. "
        "Call it with wait=False, or after the function has returned that it called."
    )


def test_another_variation_has_another_seed(blotted: Krita) -> None:
    blotted.ask("api", function="erase_selection", seed=5)
    blotted.ask("api", function="run_again", node="Erased", another=True)
    recipes = [json.loads(text) for name, text in blotted.ask("annotations").items() if "selection" not in name]
    assert len({made["made"]["recipe"]["seed"] for made in recipes}) == 2


def test_several_variations_are_numbered_layers(blotted: Krita) -> None:
    assert blotted.ask("api", function="erase_selection", variations=2) == ["Erased 1", "Erased 2"]


def test_a_document_closed_meanwhile_does_not_lose_the_answer(blotted: Krita) -> None:
    job = blotted.ask("begin", function="erase_selection", close="sent", feather=0)
    assert blotted.ask("settle", number=job)["phase"] == "ORPHANED"
    orphan = blotted.ask("job", number=job)
    assert "The answer is kept" in orphan["line"]
    blotted.ask("new_document", width=SIZE.width, height=SIZE.height)
    blotted.ask("show_docker")
    blotted.ask("click_put_here", job_id=orphan["id"])
    assert blotted.ask("settle_done", number=job)["phase"] == "DONE"
    assert (pixels(blotted, "Erased", SIZE)[CHOSEN.slices][..., 3] == 255).mean() > 0.9


def test_a_document_closed_while_it_is_read_ends_the_edit_with_a_sentence(blotted: Krita) -> None:
    blotted.ask("new_document", width=5000, height=5000)
    select(blotted, Rect(0, 0, 5000, 5000))
    job = blotted.ask("begin", function="erase_selection", close="reading")
    settled = blotted.ask("settle", number=job)
    assert settled["phase"] == "FAILED"
    assert "was removed before it could be read" in settled["error"]


def test_an_edit_can_be_cancelled(blotted: Krita) -> None:
    job = blotted.ask("begin", function="erase_selection")
    assert blotted.ask("cancel", number=job)["phase"] == "CANCELLED"
    assert blotted.ask("stack") == ["Ink"]
    assert blotted.ask("api", function="erase_selection") == ["Erased"]


def test_a_profile_that_came_inside_a_picture_is_sent_byte_for_byte(krita: Krita) -> None:
    shipped = krita.host.root / "usr/share/color/icc/krita/ClayRGB-elle-V2-g22.icc"
    profile = shipped.read_bytes().replace(b"ClayRGB-elle", b"Nobodys-elle")
    path = krita.file("tagged.png")
    Image.fromarray(grain(SIZE.width, SIZE.height, blot=BLOT)[..., :3]).save(path, icc_profile=profile)
    (name,) = krita.ask("open_file", path=str(path))
    space = krita.ask("layer", name=name)["space"]
    assert space[2].startswith("Nobodys-elle")
    select(krita, CHOSEN)
    krita.ask("api", function="erase_selection", node=name, feather=0)
    assert krita.ask("layer", name="Erased")["space"] == space
    sent = krita.file("sent.icc")
    krita.ask("profile", path=str(sent), model=space[0], depth=space[1], name=space[2])
    assert sent.read_bytes() == profile


def gray(shape: tuple[int, int] = (SIZE.height, SIZE.width)) -> np.ndarray:
    """(height, width, 4), opaque, with a little grain."""
    levels = np.random.default_rng(3).integers(148, 155, (*shape, 1)).repeat(4, 2).astype(np.uint8)
    levels[..., 3] = 255
    return levels


def test_a_shadow_joins_the_selection_before_anything_is_painted(krita: Krita) -> None:
    krita.ask("new_document", width=SIZE.width, height=SIZE.height)
    picture = gray()
    picture[BLOT.slices] = (30, 40, 200, 255)
    shadow = Rect(BLOT.x + BLOT.width, BLOT.y + 18, 40, 14)
    picture[shadow.slices][..., :3] = picture[shadow.slices][..., :3] * 0.6
    paint(krita, "Ink", picture)
    select(krita, BLOT)
    krita.ask("api", function="method", role="select", method="shadow")
    chosen = selection(krita, SIZE)
    assert chosen is not None
    assert (chosen[BLOT.slices] == 255).all()
    assert (chosen[shadow.slices] > 127).mean() > 0.8
    assert not chosen[: BLOT.y - 12].any()
    assert krita.ask("stack") == ["Ink"]
    assert krita.ask("api", function="erase_selection") == ["Erased"]
    assert (pixels(krita, "Erased", SIZE)[shadow.slices][..., :3].mean()) > 140


def test_only_the_marks_in_a_rough_selection_are_painted(krita: Krita) -> None:
    krita.ask("new_document", width=SIZE.width, height=SIZE.height)
    picture = gray()
    y, x = np.indices((SIZE.height, SIZE.width))
    away = np.abs(y - 100 - x // 8)
    picture[away <= 1] = (20, 20, 20, 255)
    paint(krita, "Ink", picture)
    rough = Rect(40, 60, 240, 120)
    select(krita, rough)
    assert krita.ask("api", function="method", role="heal") == ["Erased"]
    answer = pixels(krita, "Erased", SIZE)
    inside = (x >= rough.x + 2) & (x < rough.x + rough.width - 2)
    assert (answer[..., 3][(away <= 1) & inside] == 255).mean() > 0.95
    assert not answer[..., 3][(away > 6) | outside(rough, SIZE)].any()
    assert answer[answer[..., 3] > 0][:, :3].min() > 100
