"""A picture of the words alone, with a tiny random model of every family."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from server.editing.edit import CancelledEdit, Scene, Step
from server.editing.results import OwnLayer
from server.methods.create import create
from server.models.runtime.residency import Models
from server.pixels.picture import F32, Picture
from server.wire.recipe import Extra, Recipe
from tests import tiny_models
from tests.methods import tuning_desk

pytestmark = pytest.mark.torch

EVERY_FAMILY = pytest.mark.parametrize("family", tiny_models.FAMILIES)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return tuning_desk.models(tiny_models.FAMILIES, tmp_path_factory.mktemp("models"))


def scene(mask: F32, seed: int = 1) -> Scene:
    rgb = np.random.default_rng(seed).random((*mask.shape, 3), dtype=np.float32)
    return Scene(Picture(rgb, np.zeros(mask.shape, np.float32)), mask)


def disc() -> F32:
    """Over a part of 80 × 96 pixels, with a soft edge."""
    y, x = np.indices((80, 96))
    return np.clip(24.5 - np.hypot(y - 40, x - 56), 0, 1).astype(np.float32)


def test_a_model_that_looks_at_pictures_is_shown_them(models: Models) -> None:
    everywhere = scene(np.ones((64, 64), np.float32))
    looked_at = replace(everywhere, references=(scene(np.ones((48, 32), np.float32), seed=4).picture,))
    (plain,), (after,) = (created(models, one, "flux2-klein") for one in (everywhere, looked_at))
    assert not np.allclose(plain.picture.rgb, after.picture.rgb, atol=1e-3)


def created(models: Models, where: Scene, family: str, **settings: object) -> tuple[OwnLayer, ...]:
    asked = replace(Recipe("create", prompt="a red hat", model=family, seed=11, steps=3), **settings)  # type: ignore[arg-type]
    return create(where, asked, models, lambda _: None).result.layers


@EVERY_FAMILY
def test_it_fills_the_picture_whatever_was_there(models: Models, family: str) -> None:
    everywhere = np.ones((61, 83), np.float32)
    (layer,) = created(models, scene(everywhere), family)
    (again,) = created(models, scene(everywhere, seed=2), family)
    assert (layer.x, layer.y, layer.picture.rgb.shape) == (0, 0, (61, 83, 3))
    assert (layer.picture.alpha == 1).all()
    np.testing.assert_array_equal(layer.picture.rgb, again.picture.rgb)


def test_it_is_made_for_what_is_selected_and_shows_there(models: Models) -> None:
    (layer,) = created(models, scene(disc()), "sd15")
    assert layer.masked
    assert (layer.x, layer.y) == (32, 16)
    assert layer.picture.rgb.shape == (49, 49, 3)


def test_variations_differ_and_say_their_seeds(models: Models) -> None:
    first, second = created(models, scene(disc()), "sd15", variations=2)
    (alone,) = created(models, scene(disc()), "sd15", seed=12)
    assert (first.seed, second.seed) == (11, 12)
    assert not np.allclose(first.picture.rgb, second.picture.rgb, atol=0.05)
    np.testing.assert_array_equal(second.picture.rgb, alone.picture.rgb)


def test_it_ends_within_a_step_when_it_is_cancelled(models: Models) -> None:
    def stop(step: Step) -> None:
        if step.stage == "Painting" and step.step == 2:
            raise CancelledEdit

    with pytest.raises(CancelledEdit):
        create(scene(disc()), Recipe("create", "a red hat", model="sd15", seed=1, steps=9), models, stop)


TRANSPARENT = (Extra("background", "transparent"),)


@EVERY_FAMILY
def test_with_a_transparent_background_the_border_is_empty_and_on_paper_it_is_what_was_painted(
    models: Models, family: str
) -> None:
    everywhere = scene(np.ones((61, 83), np.float32))
    (layer,) = created(models, everywhere, family, extras=TRANSPARENT)
    assert layer.picture.rgb.shape == (61, 83, 3)
    rim = np.ones((61, 83), bool)
    rim[2:-2, 2:-2] = False
    assert not layer.picture.alpha[rim].any()
    assert layer.picture.alpha[20:40, 20:60].mean() > 0.5


def test_the_words_and_the_seed_stay_those_that_were_given(models: Models) -> None:
    asked = Recipe("create", "a red hat", model="sd15", seed=11, steps=3, variations=2, extras=TRANSPARENT)
    answer = create(scene(np.ones((64, 64), np.float32)), asked, models, lambda _: None)
    assert (answer.recipe.prompt, answer.recipe.extras) == ("a red hat", TRANSPARENT)
    assert [layer.seed for layer in answer.result.layers] == [11, 12]


def test_it_is_transparent_only_when_that_is_asked_for(models: Models) -> None:
    everywhere = scene(np.ones((64, 64), np.float32))
    (usual,) = created(models, everywhere, "sd15")
    (painted,) = created(models, everywhere, "sd15", extras=(Extra("background", "painted"),))
    np.testing.assert_array_equal(usual.picture.rgb, painted.picture.rgb)
    assert (painted.picture.alpha == 1).all()
