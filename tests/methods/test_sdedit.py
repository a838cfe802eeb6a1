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
from server.pixels.picture import Picture
from server.wire.geometry import Extent
from server.wire.recipe import Recipe
from tests import tiny_models
from tests.methods import tuning_desk

pytestmark = pytest.mark.torch

RECIPE = Recipe("sdedit", prompt="in autumn", seed=3, steps=10)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return tuning_desk.models(tiny_models.FAMILIES, tmp_path_factory.mktemp("models"))


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


def seen(
    models: Models, monkeypatch: pytest.MonkeyPatch, mask: float, strength: float, prompt: str
) -> list[torch.Tensor]:
    """What the denoiser was given in each step, of a layer that is selected to ``mask`` everywhere."""
    model, given = models.get("sd2"), []
    predict = model.predict
    scene = replace(whole_layer(), mask=np.full((64, 64), mask, np.float32))
    with monkeypatch.context() as spied:
        spied.setattr(
            model, "predict", lambda noisy, *more: (given.append(noisy[:1].clone()), predict(noisy, *more))[1]
        )
        sdedit(scene, replace(RECIPE, model="sd2", strength=strength, prompt=prompt), models, lambda _: None)
    return given


@pytest.mark.parametrize(("strength", "steps"), [(0.3, 3), (0.5, 5), (1.0, 10)])
def test_it_begins_at_the_picture_noised_to_the_strength(
    models: Models, monkeypatch: pytest.MonkeyPatch, strength: float, steps: int
) -> None:
    """x(t0) = α(t0) x(g) + σ(t0) z: that is what the denoiser is given first."""
    given = seen(models, monkeypatch, 1.0, strength, "in autumn")
    assert len(given) == steps
    model = models.get("sd2")
    clean = model.encode_for_training(whole_layer().picture.rgb, whole_layer().mask).clean
    at = int(model.scheduler(10, Extent(64, 64)).timesteps[-steps])
    noise = (given[0] - model.schedule.signal[at] * clean) / model.schedule.noise[at]
    assert float(noise.std()) == pytest.approx(1, abs=0.3)


@pytest.mark.parametrize(("mask", "kept"), [(1.0, 1), (0.5, 6), (0.2, 9)])
def test_what_is_selected_in_part_stays_the_noised_picture_for_that_part_of_the_steps(
    models: Models, monkeypatch: pytest.MonkeyPatch, mask: float, kept: int
) -> None:
    """Words change nothing until then."""
    one, other = (seen(models, monkeypatch, mask, 1.0, words) for words in ("in autumn", "a hat"))
    same = [torch.equal(*pair) for pair in zip(one, other, strict=True)]
    assert same == [True] * kept + [False] * (10 - kept)
