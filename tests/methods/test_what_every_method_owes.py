"""What every method that paints with a diffusion model owes, whoever wrote it: with a tiny model of every family, and
with the built-in one, tiny and untrained."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from server.editing.edit import Answer, CancelledEdit, Scene, Step
from server.editing.results import NewLayers
from server.methods import registry
from server.methods.method import Method
from server.models.families.family import Ability
from server.models.runtime.residency import Models
from server.pixels.picture import F32
from server.wire.offers import Answers, Need, Role
from server.wire.recipe import Recipe
from tests import tiny_models
from tests.bundled import untrained
from tests.methods import tuning_desk
from tests.methods.tuning_desk import fingerprint, scene, shortened

pytestmark = pytest.mark.torch

FAMILIES = (*tiny_models.FAMILIES, untrained.NAME)
METHODS = [
    method
    for method in registry.methods()
    if method.requires is not None and {Need.PROMPT, Need.LAYER} <= {*method.needs} and method.answers is Answers.LAYERS
]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return tuning_desk.models(FAMILIES, tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch, nothing_learned: None) -> None:
    shortened(monkeypatch, 2)


@pytest.fixture(params=product(METHODS, FAMILIES), ids=lambda pair: f"{pair[0].name}-{pair[1]}")
def way(request: pytest.FixtureRequest, models: Models) -> tuple[Method, Recipe]:
    """A method, and what is asked of it with a model that can do it."""
    method, family = request.param
    if method.requires not in models.get(family).card.abilities:
        pytest.skip(f"{family} is no model for {method.name}")
    recipe = Recipe(method.name, "a man waving", model=family, steps=4, seed=4)
    return method, recipe if "strength" not in method.settings else replace(recipe, strength=0.8)


class Run:
    def __init__(self, method: Method, recipe: Recipe, models: Models, where: Scene | None = None) -> None:
        self.steps: list[Step] = []
        self.answer: Answer[Any] = method.load()(where or scene(), recipe, models, self.steps.append)
        result = self.answer.result
        images = (layer.picture.rgb for layer in result.layers) if isinstance(result, NewLayers) else result.images
        self.images: tuple[F32, ...] = tuple(images)

    @property
    def painting(self) -> list[Step]:
        return [step for step in self.steps if step.stage == "Painting"]


def test_there_is_an_answer_of_the_scenes_size_for_each_variation(models: Models, way):
    method, recipe = way
    run = Run(method, replace(recipe, variations=2), models)
    assert [image.shape for image in run.images] == [(64, 64, 3)] * 2
    assert all(image.dtype == np.float32 and 0 <= image.min() <= image.max() <= 1 for image in run.images)
    assert not np.array_equal(*run.images)
    used = run.answer.recipe
    assert None not in [getattr(used, name) for name in method.settings if name not in ("preset",)]


def test_progress_goes_up_to_its_end_with_small_previews(models: Models, way):
    run = Run(*way, models)
    done = [step.step / step.of for step in run.painting]
    assert done == sorted(done)
    assert done[-1] == 1
    shown = [step.preview for step in run.painting if step.preview is not None]
    assert shown
    assert all(max(preview.shape[:2]) <= 256 and preview.shape[2] == 3 for preview in shown)


def test_the_same_seed_gives_the_same_picture_and_another_another(models: Models, way):
    method, recipe = way
    first, again, other = (Run(method, asked, models).images[0] for asked in (recipe, recipe, replace(recipe, seed=5)))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_cancel_ends_it_at_that_step_and_leaves_the_model_as_it_was(models: Models, way):
    method, recipe = way
    network = models.get(recipe.model).network
    before, reported = fingerprint(network), []

    def report(step: Step) -> None:
        reported.append(step)
        if step.stage == "Painting":
            raise CancelledEdit

    with pytest.raises(CancelledEdit):
        method.load()(scene(), recipe, models, report)
    assert [step.stage for step in reported].count("Painting") == 1
    assert fingerprint(network) == before
    assert Run(method, recipe, models).images[0].shape == (64, 64, 3)


def test_what_is_not_selected_stays_the_pictures_own_in_the_latents(
    models: Models, way, monkeypatch: pytest.MonkeyPatch
):
    """Looked at before they are decoded: in a decoder as small as these every latent reaches every pixel."""
    method, recipe = way
    if method.role is Role.EFFECT:
        pytest.skip("it decodes nothing: what is not selected lies below a layer that is empty there")
    if method.role is Role.TEACH:
        pytest.skip("it answers with a picture of the word, wherever that was taught")
    mask = np.zeros((64, 64), np.float32)
    mask[16:48, 16:48] = 1
    adapter, seen, masks = models.get(recipe.model), [], []
    decode, shrink = adapter.decode, adapter.shrink
    monkeypatch.setattr(adapter, "decode", lambda latents: (seen.append(latents.clone()), decode(latents))[1])
    monkeypatch.setattr(adapter, "shrink", lambda mask: (masks.append(shrink(mask)), masks[-1])[1])
    for words in ("a man waving", "cat"):
        Run(method, replace(recipe, prompt=words), models, scene(mask=mask))
    same = (seen[0] == seen[1]).all(1, keepdim=True)
    assert (masks[-1] == 0).any()
    assert same[masks[-1] == 0].all()
    assert not same[masks[-1] == 1].all()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_can_be_inverted_or_carried_as_it_was_trained(models: Models, family: str):
    """FlowEdit is for flow matching and LEDITS++ for a UNet: no family forgets to say so."""
    adapter = models.get(family)
    is_flow, fills = adapter.schedule.predicts.value == "flow", adapter.sees_mask
    assert (Ability.FLOW in adapter.card.abilities) == (is_flow and not fills)
    assert (Ability.INVERT in adapter.card.abilities) == hasattr(adapter.pipe, "unet")
