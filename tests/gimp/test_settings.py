"""From a procedure's arguments to a recipe, and which method does it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from methods import check_words, suitable, with_method
from settings import ARGUMENTS, LARGEST_SEED, Kind, arguments, recipe

from server.wire.errors import OverpaintError
from server.wire.messages import Limits, MethodOffer, PresetOffer, Welcome
from server.wire.recipe import Recipe

DEFAULTS = {argument.name: argument.default for argument in ARGUMENTS}
INPAINT = MethodOffer("inpaint", "Replace", "", True, True, ("small", "large"))
ERASE = MethodOffer("erase", "Erase", "", False, True)
REDRAW = MethodOffer("sdedit", "Redraw", "", True, False, ("large",))
COLLAGE = MethodOffer("collage", "Collage", "", True, False, ("huge",))
IMAGIC = MethodOffer("imagic", "Imagic", "", True, False, ("huge",), presets=(PresetOffer("fast", "Fast", ""),))
WELCOME = Welcome(1, 0, "", "cpu", (INPAINT, ERASE, IMAGIC, REDRAW, COLLAGE), (), Limits())


def test_the_defaults_leave_the_choice_to_the_server() -> None:
    made = recipe(DEFAULTS)
    assert replace(made, seed=None) == Recipe(method="")
    assert made.seed is not None
    assert 0 <= made.seed < LARGEST_SEED


def test_two_edits_are_not_drawn_with_one_seed() -> None:
    assert recipe(DEFAULTS).seed != recipe(DEFAULTS).seed


def test_what_is_set_is_asked_for() -> None:
    values = {
        **DEFAULTS,
        "prompt": " a boat ",
        "method": "inpaint",
        "model": "small",
        "seed": 7,
        "variations": 3,
        "strength": 0.0,
        "steps": 20,
        "guidance": 7.5,
        "feather": 0,
        "grow": 4,
        "context": 64,
    }
    assert recipe(values) == Recipe(
        "inpaint", "a boat", "", "small", seed=7, variations=3, strength=0.0, steps=20, guidance=7.5,
        grow=4, feather=0, context=64,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "expected"),
    (
        (Kind.REPLACE, "inpaint"),
        (Kind.ERASE, "erase"),
        (Kind.EDIT_LAYER, "sdedit"),
        (Kind.IMAGIC, "imagic"),
    ),
)
def test_each_procedure_takes_the_servers_first_method_for_it(kind: Kind, expected: str) -> None:
    assert with_method(kind, Recipe(""), WELCOME).method == expected


def test_a_method_that_can_run_now_goes_before_one_that_lacks_its_model() -> None:
    lacking = replace(REDRAW, ready=False)
    welcome = replace(WELCOME, methods=(lacking, COLLAGE))
    assert [offer.name for offer in suitable(Kind.EDIT_LAYER, welcome)] == ["collage", "sdedit"]


def test_a_chosen_model_chooses_its_method() -> None:
    assert with_method(Kind.EDIT_LAYER, Recipe("", model="huge"), WELCOME).method == "collage"


def test_a_named_method_is_kept_for_the_server_to_judge() -> None:
    assert with_method(Kind.REPLACE, Recipe("alchemy"), WELCOME).method == "alchemy"


def test_a_server_without_any_method_for_it_is_told_of() -> None:
    with pytest.raises(OverpaintError, match="no way to do this"):
        with_method(Kind.ERASE, Recipe(""), replace(WELCOME, methods=(INPAINT,)))


def test_a_method_that_learns_is_not_taken_for_one_that_answers_at_once() -> None:
    assert [offer.name for offer in suitable(Kind.EDIT_LAYER, WELCOME)] == ["sdedit", "collage"]
    with pytest.raises(OverpaintError, match="no way to do this"):
        with_method(Kind.IMAGIC, Recipe(""), replace(WELCOME, methods=(REDRAW, ERASE)))


def test_the_procedure_that_learns_has_presets_and_edit_strengths() -> None:
    names = ["prompt", "preset", "model", "eta", "seed", "variations", "steps", "guidance", "feather", "grow"]
    names += ["reading"]
    assert [argument.name for argument in arguments(Kind.IMAGIC)] == names
    assert not {"preset", "eta"} & {argument.name for argument in arguments(Kind.EDIT_LAYER)}


def test_edit_strengths_are_written_in_the_procedures_argument() -> None:
    given = {"prompt": "a dog that sits", "preset": " fast ", "eta": "0.5:1.0:3", "seed": 4}
    assert recipe(given) == Recipe("", "a dog that sits", seed=4, preset="fast", eta=(0.5, 0.75, 1.0))
    with pytest.raises(OverpaintError, match="no edit strength"):
        recipe({"eta": "a lot"})


@pytest.mark.parametrize("kind", (Kind.REPLACE, Kind.EDIT_LAYER, Kind.IMAGIC))
def test_words_are_asked_for_where_they_are_needed(kind: Kind) -> None:
    with pytest.raises(OverpaintError, match="no words yet"):
        check_words(kind, Recipe(""))
    check_words(Kind.ERASE, Recipe(""))
