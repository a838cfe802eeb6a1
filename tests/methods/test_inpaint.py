"""Replacing a selection, with a tiny random model of every family, through the real adapters and pipelines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch

from server.editing.edit import Answer, CancelledEdit, Scene, Step
from server.methods.inpaint import inpaint
from server.models.runtime.residency import Models
from server.models.store.store import ModelStore
from server.pixels.picture import F32, Picture
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Recipe
from tests import tiny_models
from tests.methods import tuning_desk

pytestmark = pytest.mark.torch

EVERY_FAMILY = pytest.mark.parametrize("family", tiny_models.FAMILIES)
STEPS = 4


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """All tiny models on one shelf; loaded when first asked for."""
    return tuning_desk.models(tiny_models.FAMILIES, tmp_path_factory.mktemp("models"))


def scene(mask: F32, width: int = 64, height: int = 64) -> Scene:
    rgb = np.random.default_rng(7).random((height, width, 3), dtype=np.float32)
    return Scene(Picture(rgb, np.ones((height, width), np.float32)), mask)


def square(width: int = 64, height: int = 64, value: float = 1.0) -> F32:
    """Hard-edged and on the grid of eight pixels."""
    mask = np.zeros((height, width), np.float32)
    mask[16:48, 16:48] = value
    return mask


def ramp(width: int = 64, height: int = 64) -> F32:
    return np.tile(np.linspace(0, 1, width, dtype=np.float32), (height, 1))


def recipe(family: str, **settings: object) -> Recipe:
    asked = Recipe("inpaint", prompt="a red hat", model=family, seed=11, steps=STEPS)
    return replace(asked, **settings)  # type: ignore[arg-type]


def run(models: Models, where: Scene, asked: Recipe, steps: list[Step] | None = None) -> Answer:
    return inpaint(where, asked, models, (lambda _: None) if steps is None else steps.append)


@EVERY_FAMILY
def test_the_answer_has_the_size_of_the_scene_whatever_that_is(models: Models, family: str) -> None:
    answer = run(models, scene(ramp(83, 61), 83, 61), recipe(family))
    assert [image.shape for image in answer.result.images] == [(61, 83, 3)]
    assert answer.result.images[0].dtype == np.float32
    assert 0 <= answer.result.images[0].min() <= answer.result.images[0].max() <= 1


@EVERY_FAMILY
def test_the_same_seed_gives_the_same_pixels_and_another_seed_others(models: Models, family: str) -> None:
    first, again = (run(models, scene(ramp()), recipe(family)).result.images[0] for _ in range(2))
    other = run(models, scene(ramp()), recipe(family, seed=12)).result.images[0]
    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=0.05)


@EVERY_FAMILY
def test_each_variation_is_what_its_own_seed_gives_alone(models: Models, family: str) -> None:
    both = run(models, scene(ramp()), recipe(family, variations=2)).result.images
    second = run(models, scene(ramp()), recipe(family, seed=12)).result.images[0]
    assert len(both) == 2
    assert np.array_equal(both[1], second)


@EVERY_FAMILY
def test_a_soft_mask_is_not_the_same_as_a_hard_one(models: Models, family: str) -> None:
    soft = run(models, scene(ramp()), recipe(family)).result.images[0]
    at_half = run(models, scene((ramp() >= 0.5).astype(np.float32)), recipe(family)).result.images[0]
    anywhere = run(models, scene((ramp() > 0).astype(np.float32)), recipe(family)).result.images[0]
    assert not np.allclose(soft, at_half, atol=0.05)
    assert not np.allclose(soft, anywhere, atol=0.05)


@EVERY_FAMILY
def test_every_step_is_reported_with_a_small_preview(models: Models, family: str) -> None:
    steps: list[Step] = []
    run(models, scene(ramp()), recipe(family, variations=2), steps)
    painting = [step for step in steps if step.stage == "Painting"]
    assert [(step.step, step.of) for step in painting] == [(n, 2 * STEPS) for n in range(1, 2 * STEPS + 1)]
    for step in painting:
        assert step.preview is not None
        assert step.preview.dtype == np.float32
        assert max(step.preview.shape) <= 256
        assert 0 <= step.preview.min() <= step.preview.max() <= 1


@EVERY_FAMILY
def test_cancelling_stops_at_that_step_and_leaves_the_model_usable(models: Models, family: str) -> None:
    before = run(models, scene(ramp()), recipe(family)).result.images[0]
    reached: list[int] = []

    def stop_at_two(step: Step) -> None:
        reached.append(step.step)
        if step.stage == "Painting" and step.step == 2:
            raise CancelledEdit

    with pytest.raises(CancelledEdit):
        inpaint(scene(ramp()), recipe(family), models, stop_at_two)
    assert reached[-1] == 2
    assert np.array_equal(run(models, scene(ramp()), recipe(family)).result.images[0], before)


@EVERY_FAMILY
def test_the_recipe_of_the_answer_says_all_that_was_used(models: Models, family: str) -> None:
    used = run(models, scene(ramp()), Recipe("inpaint", prompt="a hat", model=family, steps=2)).recipe
    assert used.model == family
    assert None not in (used.seed, used.strength, used.steps, used.guidance)
    assert np.array_equal(*(run(models, scene(ramp()), used).result.images[0] for _ in range(2)))


@pytest.mark.parametrize("strength, steps", [(1.0, 10), (0.99, 9), (0.5, 5), (0.1, 1), (0.01, 1)])
@pytest.mark.parametrize("family", ["sd15", "sd15-inpainting", "sd3", "flux-fill"])
def test_less_strength_takes_fewer_steps_but_at_least_one(
    models: Models, family: str, strength: float, steps: int
) -> None:
    seen: list[Step] = []
    run(models, scene(ramp()), recipe(family, strength=strength, steps=10), seen)
    assert seen[-1].of == steps


@pytest.mark.parametrize("family", [name for name in tiny_models.FAMILIES if name != "flux-fill"])
def test_what_is_not_wanted_matters(models: Models, family: str) -> None:
    plain = run(models, scene(ramp()), recipe(family)).result.images[0]
    without = run(models, scene(ramp()), recipe(family, negative="9 blue dogs")).result.images[0]
    assert not np.array_equal(plain, without)


@EVERY_FAMILY
def test_words_and_guidance_matter(models: Models, family: str) -> None:
    plain = run(models, scene(ramp()), recipe(family)).result.images[0]
    assert not np.array_equal(plain, run(models, scene(ramp()), recipe(family, prompt="nine dogs")).result.images[0])
    assert not np.array_equal(plain, run(models, scene(ramp()), recipe(family, guidance=2.0)).result.images[0])


MASKED_BY_THE_PIPELINE = ("sd15", "sd2", "sdxl", "sd3", "flux2-klein")
"""Their pipelines put back what is not selected, as ours does; those of models that see the mask leave it to them."""


@EVERY_FAMILY
def test_under_a_hard_mask_the_pixels_are_those_of_the_bare_pipeline(models: Models, family: str) -> None:
    where = scene(square() if family in MASKED_BY_THE_PIPELINE else np.ones((64, 64), np.float32))
    ours = run(models, where, recipe(family, guidance=5.0)).result.images[0]
    pipe: Any = models.get(family).pipe  # type: ignore[attr-defined]
    assert type(pipe) is getattr(diffusers, type(pipe).__name__)
    made = pipe(
        prompt="a red hat",
        image=torch.from_numpy(where.picture.rgb).permute(2, 0, 1)[None],
        mask_image=torch.from_numpy(where.mask)[None, None],
        height=64,
        width=64,
        strength=1.0,
        num_inference_steps=STEPS,
        guidance_scale=5.0,
        generator=torch.Generator().manual_seed(11),
        output_type="latent" if family == "sd3" else "np",
    ).images
    theirs = decoded_with_its_shift(pipe, made) if family == "sd3" else made[0]
    if family == "flux2-klein":  # predicts twice where we predict two in one batch: other rounding
        assert np.allclose(ours, theirs, atol=1e-5)
        return
    assert np.array_equal(ours, theirs)


def decoded_with_its_shift(pipe: Any, latents: torch.Tensor) -> F32:
    """diffusers 0.42.1 forgets the shift of the latents when it inpaints with Stable Diffusion 3; not when it makes a
    picture of words or of a picture, where this is from."""
    with torch.no_grad():
        image = pipe.vae.decode(latents / pipe.vae.config.scaling_factor + pipe.vae.config.shift_factor).sample
    return np.asarray((image / 2 + 0.5).clamp(0, 1)[0].permute(1, 2, 0).numpy())


def test_a_transparent_layer_is_seen_as_white_paper(models: Models) -> None:
    rgb = np.zeros((64, 64, 3), np.float32)
    clear = Scene(Picture(rgb, np.zeros((64, 64), np.float32)), square())
    white = Scene(Picture(rgb + 1, np.ones((64, 64), np.float32)), square())
    assert np.array_equal(*(run(models, where, recipe("sd15")).result.images[0] for where in (clear, white)))


def test_colours_beyond_white_do_no_harm(models: Models) -> None:
    bright = scene(square())
    bright = replace(bright, picture=Picture(bright.picture.rgb * 40 - 3, bright.picture.alpha))
    assert np.isfinite(run(models, bright, recipe("sd15")).result.images[0]).all()


def test_a_selection_too_large_for_the_passes_is_painted_smaller_and_said_so(models: Models) -> None:
    answer = run(models, scene(np.ones((600, 400), np.float32), 400, 600), recipe("sd15", steps=2))
    assert answer.result.images[0].shape == (600, 400, 3)
    assert "enlarged to 400 × 600" in answer.notices[0]


@pytest.mark.parametrize("family, unread", [("sd15", "tail"), ("sdxl", "tail"), ("sd3", ""), ("flux-fill", "")])
def test_words_that_the_model_cannot_read_are_named(models: Models, family: str, unread: str) -> None:
    answer = run(models, scene(square()), recipe(family, prompt="word " * 20 + "the tail", steps=1))
    said = " ".join(answer.notices)
    assert ("did not read" in said) == bool(unread)
    assert unread in said
    assert run(models, scene(square()), recipe(family, prompt="a short one", steps=1)).notices == ()


def test_nothing_selected_is_an_error_with_a_way_out(models: Models) -> None:
    with pytest.raises(OverpaintError) as caught:
        run(models, scene(np.zeros((64, 64), np.float32)), recipe("sd15"))
    assert caught.value.code is Code.EMPTY_SELECTION


def test_without_a_name_a_model_made_to_inpaint_is_taken(models: Models) -> None:
    answer = run(models, scene(square()), replace(recipe(""), steps=1))
    assert answer.recipe.model in {"sd15-inpainting", "sd15-tiny-vae", "sdxl-inpainting", "flux-fill"}


def test_a_name_that_is_not_installed_is_an_error_with_a_way_out(models: Models, tmp_path: Path) -> None:
    with pytest.raises(OverpaintError) as caught:
        run(models, scene(square()), recipe("no-such-model"))
    assert caught.value.code is Code.MODEL_MISSING
    with pytest.raises(OverpaintError) as caught:
        run(Models(ModelStore(tmp_path, bundled=tmp_path)), scene(square()), recipe(""))
    assert "overpaint models pull" in caught.value.hint
