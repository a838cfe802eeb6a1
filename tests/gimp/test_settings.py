"""From a procedure's arguments to a recipe, and which method does it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from settings import ARGUMENTS, COMBINING, LARGEST_SEED, Kind, arguments, combining, recipe

from server.client.combining import Combining
from server.wire.errors import OverpaintError
from server.wire.offers import Role
from server.wire.recipe import SETTINGS, Click, Extra, Recipe
from server.wire.sides import SIDES

DEFAULTS = {argument.name: argument.default for argument in ARGUMENTS}


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


def test_every_procedure_has_every_setting_that_a_method_may_read() -> None:
    every = {"prompt", "method", "extras", "reading", *SETTINGS}
    for kind in Kind:
        own = {side.name for side in SIDES} if kind is Kind.EXPAND else set()
        own |= {"combining", "points", "not-points"} if kind.selects else set()
        assert {argument.name for argument in arguments(kind)} == every | own


def test_how_far_a_picture_goes_on_is_asked_side_by_side_and_what_is_empty_is_not_said() -> None:
    asked = recipe({"left": "", "top": " 25% ", "right": "200", "extras": "shift=3"})
    assert asked.extras == (Extra("shift", "3"), Extra("top", "25%"), Extra("right", "200"))


def test_every_setting_of_a_recipe_is_an_argument_with_the_recipes_range() -> None:
    for setting in SETTINGS.values():
        (argument,) = (argument for argument in ARGUMENTS if argument.name == setting.name)
        if setting.range is not None and not isinstance(argument.default, str):
            assert argument.high == min(setting.range.high, LARGEST_SEED)


def test_what_only_one_method_reads_is_written_as_text() -> None:
    assert recipe({"extras": " shift=3; style = ink "}).extras == (Extra("shift", "3"), Extra("style", "ink"))
    with pytest.raises(OverpaintError, match="no setting"):
        recipe({"extras": "shift"})


def test_edit_strengths_are_written_in_the_procedures_argument() -> None:
    given = {"prompt": "a dog that sits", "preset": " fast ", "eta": "0.5:1.0:3", "seed": 4}
    assert recipe(given) == Recipe("", "a dog that sits", seed=4, preset="fast", eta=(0.5, 0.75, 1.0))
    with pytest.raises(OverpaintError, match="no edit strength"):
        recipe({"eta": "a lot"})


def test_what_becomes_of_the_selection_is_asked_where_one_is_found_and_is_one_of_four() -> None:
    assert all((COMBINING in arguments(kind)) == kind.selects for kind in Kind)
    assert combining({}) is Combining.REPLACE
    assert combining({"combining": "subtract"}) is Combining.SUBTRACT
    with pytest.raises(OverpaintError, match="replace, add, subtract, intersect"):
        combining({"combining": "multiply"})


def test_places_are_written_as_pixels() -> None:
    assert recipe({"points": " 120,80  200,90 ", "not-points": "3,4"}).points == (
        Click(120, 80), Click(200, 90), Click(3, 4, False),
    )  # fmt: skip
    with pytest.raises(OverpaintError, match="no place in the image"):
        recipe({"points": "120;80"})


def test_every_role_has_a_procedure() -> None:
    assert {kind.role for kind in Kind} == set(Role)
