from __future__ import annotations

from dataclasses import replace

import pytest

from server.gateway.admission import admit, admit_question, check_id, check_room, room_for
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Blob, Estimate, Submit
from server.wire.offers import Limits, MethodOffer, ModelOffer, Need, PresetOffer, Role
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe

ERASE = MethodOffer("erase", "Erase selection", "", Role.ERASE, (Need.SELECTION,))
INPAINT = MethodOffer("inpaint", "Replace selection", "", Role.REPLACE, (Need.PROMPT, Need.SELECTION), models=("sd15",))
SDEDIT = MethodOffer("sdedit", "Edit layer", "", Role.REDRAW, (Need.PROMPT,), ready=False)
MODELS = tuple(ModelOffer(name, name, "sd15", "", "", 4.0) for name in ("sd15", "edit-only"))
LAYER = Raster(Bounds(-3, 7, 20, 10), Channels.RGBA, Depth.U16)


def job(recipe: Recipe | None = None, layer: Raster = LAYER, **changes: object) -> Submit:
    blobs = (Blob("layer", layer.nbytes), Blob("mask", layer.bounds.extent.pixels))
    submit = Submit("0" * 32, recipe or Recipe("erase"), layer, blobs, mask_depth=Depth.U8)
    return replace(submit, **changes)


def refusal(submit: Submit, limits: Limits | None = None) -> OverpaintError:
    with pytest.raises(OverpaintError) as caught:
        admit(submit, (ERASE, INPAINT, SDEDIT), MODELS, limits or Limits())
    assert caught.value.sentence
    assert caught.value.hint
    return caught.value


def test_a_proper_job_is_admitted_with_and_without_a_profile():
    plain = job()
    admit(plain, (ERASE,), (), Limits())
    admit(replace(plain, blobs=(*plain.blobs, Blob("icc", 3144))), (ERASE,), (), Limits())


def test_a_model_that_the_method_can_use_is_admitted():
    admit(job(Recipe("inpaint", "a boat", model="sd15")), (ERASE, INPAINT), MODELS, Limits())


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0" * 31, "0" * 33, "A" * 32, "0" * 31 + "\n", "é" * 32])
def test_an_id_that_is_not_32_hex_digits_never_becomes_a_folder(name):
    with pytest.raises(OverpaintError) as caught:
        check_id(name)
    assert caught.value.code is Code.BAD_REQUEST
    assert refusal(job(job=name)).code is Code.BAD_REQUEST


@pytest.mark.parametrize("bounds", [Bounds(0, 0, 0, 5), Bounds(0, 0, 5, -1), Bounds(1 << 30, 0, 5, 5)])
def test_a_layer_without_pixels_or_out_of_this_world_is_refused(bounds):
    layer = Raster(bounds, Channels.RGBA, Depth.U8)
    assert refusal(job(layer=layer)).code is Code.BAD_REQUEST


def test_a_side_beyond_the_limit_is_too_large_and_the_hint_says_what_to_do():
    error = refusal(job(layer=Raster(Bounds(0, 0, 40000, 1), Channels.GRAY, Depth.U8)))
    assert error.code is Code.TOO_LARGE
    assert "smaller" in error.hint


def test_the_sum_of_the_bytes_is_limited_even_when_each_side_is_not():
    assert refusal(job(), Limits(max_job_bytes=LAYER.nbytes)).code is Code.TOO_LARGE


@pytest.mark.parametrize(
    "blobs",
    [
        (),
        (Blob("layer", 1600),),
        (Blob("layer", 1599), Blob("mask", 200)),
        (Blob("layer", 1600), Blob("mask", 201)),
        (Blob("layer", 1600), Blob("layer", 1600), Blob("mask", 200)),
        (Blob("layer", 1600), Blob("mask", 200), Blob("../evil", 1)),
        (Blob("layer", 1600), Blob("mask", 200), Blob("result-0", 1)),
        (Blob("layer", 1600), Blob("mask", 200), Blob("icc", -1)),
        (Blob("layer", 1600), Blob("mask", 200), Blob("icc", 1 << 40)),
    ],
)
def test_blobs_that_do_not_fit_the_announced_layer_are_refused(blobs):
    assert refusal(job(blobs=blobs)).code in {Code.BAD_REQUEST, Code.TOO_LARGE}


def test_the_mask_is_measured_in_its_own_depth():
    assert refusal(job(mask_depth=Depth.U16)).code is Code.BAD_REQUEST


@pytest.mark.parametrize(
    "changes",
    [
        {"variations": 0},
        {"variations": 17},
        {"seed": -1},
        {"seed": 2**32},
        {"strength": 1.01},
        {"strength": float("nan")},
        {"steps": 0},
        {"guidance": float("inf")},
        {"grow": -1},
        {"feather": 1025},
        {"context": 8193},
    ],
)
def test_a_setting_out_of_its_range_is_refused_by_name(changes):
    error = refusal(job(Recipe("erase", **changes)))
    assert error.code is Code.BAD_REQUEST
    assert next(iter(changes)) in error.sentence


def test_a_prompt_beyond_the_limit_is_too_large():
    assert refusal(job(Recipe("erase", prompt="x" * 4001))).code is Code.TOO_LARGE


def test_an_unknown_method_is_named_and_so_are_those_that_exist():
    error = refusal(job(Recipe("magic")))
    assert error.code is Code.UNKNOWN_METHOD
    assert "magic" in error.sentence
    assert "erase" in error.hint


def test_a_method_whose_model_is_not_installed_says_how_to_get_one():
    error = refusal(job(Recipe("sdedit", "a boat")))
    assert error.code is Code.MODEL_MISSING
    assert "overpaint models" in error.hint


@pytest.mark.parametrize("model", ["never-heard-of", "edit-only"])
def test_a_model_that_is_missing_or_cannot_do_it_is_refused_with_those_that_can(model):
    error = refusal(job(Recipe("inpaint", "a boat", model=model)))
    assert error.code is Code.UNKNOWN_MODEL
    assert model in error.sentence
    assert "sd15" in error.hint


def test_a_method_that_needs_words_or_a_selection_says_so():
    assert refusal(job(Recipe("inpaint", "  "))).code is Code.BAD_REQUEST
    whole = job(blobs=(Blob("layer", LAYER.nbytes),), mask_depth=None)
    assert refusal(whole).code is Code.EMPTY_SELECTION


def test_a_disk_that_would_run_full_refuses_before_the_upload():
    check_room(200, free=1000, spare=500)
    with pytest.raises(OverpaintError) as caught:
        check_room(600, free=1000, spare=500)
    assert caught.value.code is Code.DISK_FULL


LEARNING = MethodOffer(
    "imagic", "Imagic", "", Role.LEARN, (Need.PROMPT,), ("preset", "eta"), estimates=True, models=("sd15",),
    presets=(PresetOffer("quick", "Quick", ""),),
)  # fmt: skip


AT_ONCE = MethodOffer("at-once", "At once", "", Role.REDRAW, (Need.PROMPT,), ("eta",), models=("sd15",))


def learn(**recipe: object) -> Submit:
    return job(Recipe("imagic", "a sitting dog", **recipe))


def test_a_method_that_learns_nothing_may_have_edit_strengths_too():
    admit(job(Recipe("at-once", "a hat", eta=(0.2, 0.8))), (AT_ONCE,), MODELS, Limits())


def test_edit_strengths_and_presets_are_for_methods_that_learn():
    admit(learn(preset="quick", eta=(0.0, 0.7, 1.5), variations=5), (LEARNING,), MODELS, Limits())
    assert "no preset “magic”" in refusal_of(learn(preset="magic"))
    for eta in [(-0.1,), (0.5, 1.6)]:
        assert "from 0 to 1.5" in refusal_of(learn(eta=eta))
    assert "are 18 answers" in refusal_of(learn(eta=(0.5, 0.6, 0.7), variations=6))
    assert "no edit strengths" in refusal(job(Recipe("erase", eta=(0.5,)))).sentence
    assert "no preset" in refusal(job(Recipe("erase", preset="quick"))).sentence


def refusal_of(submit: Submit) -> str:
    with pytest.raises(OverpaintError) as caught:
        admit(submit, (LEARNING,), MODELS, Limits())
    assert caught.value.hint
    return caught.value.sentence


def test_a_question_is_checked_like_a_job_and_needs_a_method_that_learns():
    question = Estimate("0" * 32, Recipe("imagic", "a dog"), LAYER, content="a" * 64)
    admit_question(question, (LEARNING,), MODELS, Limits())
    for wrong in [
        replace(question, question="../x"),
        replace(question, content="a" * 63),
        replace(question, recipe=Recipe("imagic")),
        replace(question, layer=Raster(Bounds(0, 0, 0, 0), Channels.RGBA, Depth.U8)),
        replace(question, recipe=Recipe("erase")),
    ]:
        with pytest.raises(OverpaintError):
            admit_question(wrong, (LEARNING, ERASE), MODELS, Limits())


def test_room_is_kept_for_each_edit_strength_and_variation():
    one, six = (room_for(job(Recipe("imagic", eta=eta, variations=2))) for eta in ((), (0.5, 0.7, 0.9)))
    assert six - one == 4 * LAYER.nbytes
