"""From a procedure's arguments to a recipe, and which method does it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from methods import check_words, suitable, with_method
from settings import ARGUMENTS, LARGEST_SEED, Kind, arguments, recipe

from server.wire.errors import OverpaintError
from server.wire.messages import Welcome
from server.wire.offers import Limits, MethodOffer, Need, PresetOffer, Role
from server.wire.recipe import SETTINGS, Extra, Recipe

DEFAULTS = {argument.name: argument.default for argument in ARGUMENTS}
WORDS, ALL = (Need.PROMPT,), tuple(SETTINGS)
INPAINT = MethodOffer("inpaint", "Replace", "", Role.REPLACE, (*WORDS, Need.SELECTION), ALL, models=("small", "large"))
ERASE = MethodOffer("erase", "Erase", "", Role.ERASE, (Need.SELECTION,), ("seed", "model"))
REDRAW = MethodOffer("sdedit", "Redraw", "", Role.REDRAW, WORDS, ALL, models=("large",))
COLLAGE = MethodOffer("collage", "Collage", "", Role.REDRAW, WORDS, ALL, models=("huge",))
IMAGIC = MethodOffer(
    "imagic", "Imagic", "", Role.LEARN, WORDS, ALL, models=("huge",), presets=(PresetOffer("fast", "Fast", ""),)
)
ENLARGER = MethodOffer("enlarger", "Enlarge", "", Role.ENLARGE, (Need.LAYER,))
WELCOME = Welcome(2, 0, "", "cpu", (ENLARGER, INPAINT, ERASE, IMAGIC, REDRAW, COLLAGE), (), Limits())


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
    every = {"prompt", "method", "extras", "reading", *SETTINGS}
    assert {argument.name for argument in arguments(Kind.IMAGIC)} == every - {"strength"}
    assert {argument.name for argument in arguments(Kind.EDIT_LAYER)} == every - {"preset", "eta"}


def test_every_setting_of_a_recipe_is_an_argument_with_the_recipes_range() -> None:
    for setting in SETTINGS.values():
        (argument,) = (argument for argument in ARGUMENTS if argument.name == setting.name)
        if setting.range is not None and not isinstance(argument.default, str):
            assert argument.high == min(setting.range.high, LARGEST_SEED)


@pytest.mark.parametrize("kind", Kind)
def test_every_role_has_a_procedure_and_takes_its_own_methods_only(kind: Kind) -> None:
    """A method without words or selection is not taken for another role, wherever it stands in the list."""
    mine = MethodOffer("mine", "Mine", "", kind.role)
    others = tuple(MethodOffer(role.value, "", "", role) for role in Role if role is not kind.role)
    assert [offer.name for offer in suitable(kind, replace(WELCOME, methods=(*others, mine)))] == ["mine"]
    assert {kind.role for kind in Kind} == set(Role)


def test_what_only_one_method_reads_is_written_as_text() -> None:
    assert recipe({"extras": " shift=3; style = ink "}).extras == (Extra("shift", "3"), Extra("style", "ink"))
    with pytest.raises(OverpaintError, match="no setting"):
        recipe({"extras": "shift"})


def test_what_a_method_does_not_read_is_left_out() -> None:
    made = with_method(Kind.ERASE, recipe({"strength": 0.5, "prompt": "a boat", "seed": 7}), WELCOME)
    assert made == Recipe("erase", seed=7)


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
