from __future__ import annotations

from dataclasses import replace

import pytest


def test_settings_come_back_as_they_were_stored() -> None:
    from overpaint.server.wire.recipe import Extra, Recipe
    from overpaint.settings import Settings, load

    chosen = Recipe(
        "", negative="fog", model="sdxl", seed=7, variations=3, strength=0.5, steps=20, guidance=6.5, grow=4
    )
    settings = Settings(replace(chosen, feather=12, context=256, extras=(Extra("shift", "3"),)))
    assert load(settings.dump()) == settings


DAMAGED = '{"chosen": {"steps": "many", "grow": null, "gone": 1, "model": 3, "strength": 7}}'


@pytest.mark.parametrize("text", ["", "{", "[]", "7", DAMAGED])
def test_unreadable_settings_are_the_defaults(text: str) -> None:
    from overpaint.settings import Settings, load

    assert load(text) == Settings()


def test_settings_and_words_make_a_recipe() -> None:
    from overpaint.server.wire.recipe import Recipe
    from overpaint.settings import Settings

    recipe = Settings(Recipe("", variations=2, seed=9, grow=4)).recipe("inpaint", "  a red door ")
    assert (recipe.method, recipe.prompt, recipe.variations, recipe.seed) == ("inpaint", "a red door", 2, 9)
    assert (recipe.grow, recipe.steps) == (4, None)


def test_erasing_takes_no_words_and_no_model_that_cannot_do_it() -> None:
    from overpaint.server.wire.offers import MethodOffer, Need, Role
    from overpaint.server.wire.recipe import Recipe
    from overpaint.settings import Settings

    erase = MethodOffer("erase", "Erase", "", Role.ERASE, (Need.SELECTION,), ("model",), models=("lama",))
    made = Settings(Recipe("", model="sd15", strength=0.5)).recipe("erase", "a red door", erase)
    assert made == Recipe("erase")
    assert Settings(Recipe("", model="lama")).recipe("erase", "", erase).model == "lama"


def test_what_is_read_is_stored_and_anything_else_is_the_usual() -> None:
    from overpaint.server.client.reading import Reading
    from overpaint.settings import Settings, load

    assert load(Settings(reading=Reading.VISIBLE).dump()).reading is Reading.VISIBLE
    assert load('{"reading": "everything"}').reading is Reading.LAYER


def test_what_becomes_of_the_selection_is_stored_and_anything_else_is_the_usual() -> None:
    from overpaint.server.client.combining import Combining
    from overpaint.settings import Settings, load

    assert load(Settings(combining=Combining.ADD).dump()).combining is Combining.ADD
    assert load('{"combining": "forget"}').combining is Combining.REPLACE
