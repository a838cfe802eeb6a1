"""Redrawing the whole layer or a selection: SDEdit with a tiny model of every family."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionImg2ImgPipeline, StableDiffusionXLImg2ImgPipeline

from server.editing.edit import Scene, Step
from server.methods.sdedit import STRENGTH, sdedit
from server.models.runtime.residency import Models
from server.models.store.store import ModelStore
from server.pixels.picture import Picture
from server.wire.recipe import Recipe
from tests import tiny_models

pytestmark = pytest.mark.torch

RECIPE = Recipe("sdedit", prompt="in autumn", seed=3, steps=10)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("models")
    shelf = ModelStore(root / "shelf", bundled=root / "none")
    for family in tiny_models.FAMILIES:
        tiny_models.install(family, shelf, root)
    return Models(shelf)


def whole_layer() -> Scene:
    rgb = np.random.default_rng(7).random((64, 64, 3), dtype=np.float32)
    return Scene(Picture(rgb, np.ones((64, 64), np.float32)), np.ones((64, 64), np.float32))


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
def test_a_whole_layer_is_redrawn_at_its_own_size(models: Models, family: str) -> None:
    steps: list[Step] = []
    answer = sdedit(whole_layer(), replace(RECIPE, model=family), models, steps.append)
    assert answer.result.images[0].shape == (64, 64, 3)
    assert answer.recipe.strength == STRENGTH
    assert steps[-1].of == 6


@pytest.mark.parametrize(
    "family, bare",
    [
        ("sd15", StableDiffusionImg2ImgPipeline),
        ("sd2", StableDiffusionImg2ImgPipeline),
        ("sdxl", StableDiffusionXLImg2ImgPipeline),
    ],
)
def test_the_pixels_are_those_of_the_bare_image_to_image_pipeline(models: Models, family: str, bare: type) -> None:
    scene = whole_layer()
    ours = sdedit(
        scene, replace(RECIPE, model=family, strength=0.5, guidance=5.0), models, lambda _: None
    ).result.images[0]
    theirs = bare.from_pipe(models.get(family).pipe)  # type: ignore[attr-defined]
    theirs.set_progress_bar_config(disable=True)
    image = theirs(
        prompt="in autumn",
        image=torch.from_numpy(scene.picture.rgb).permute(2, 0, 1)[None],
        strength=0.5,
        num_inference_steps=10,
        guidance_scale=5.0,
        generator=torch.Generator().manual_seed(3),
        output_type="np",
    ).images[0]
    assert np.array_equal(ours, image)


def test_at_strength_zero_the_answer_is_the_picture(models: Models) -> None:
    scene = whole_layer()
    answer = sdedit(scene, replace(RECIPE, strength=0.0, variations=2), models, lambda _: None)
    assert all(np.array_equal(image, scene.picture.rgb) for image in answer.result.images)
    assert answer.notices == ("Edit strength 0 changes nothing.",)


def test_without_a_name_a_model_that_sees_the_whole_picture_is_taken(models: Models) -> None:
    answer = sdedit(whole_layer(), replace(RECIPE, steps=2), models, lambda _: None)
    assert answer.recipe.model in tiny_models.WHOLE
