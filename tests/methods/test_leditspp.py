"""LEDITS++: the inversion is exact, kept, and led to the words only where they apply."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import DPMSolverMultistepScheduler

from server.editing.edit import Step
from server.methods.leditspp import EDIT_GUIDANCE, EDIT_THRESHOLD, Guidance, edit, estimate, invert, leditspp
from server.models.runtime.attention import noted
from server.models.runtime.residency import Models
from server.models.runtime.schedule import Schedule
from server.models.runtime.stochastic import StochasticSolver
from server.pixels.picture import F32
from server.wire.geometry import Bounds, Extent
from server.wire.messages import Estimate
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import USUAL_ETA, Extra, Recipe
from tests import tiny_models
from tests.bundled import untrained
from tests.methods import tuning_desk
from tests.methods.tuning_desk import fingerprint, scene

pytestmark = pytest.mark.torch

KINDS = ("sd15", "sd15-inpainting", "sd2", "sdxl", untrained.NAME)
INVERTING = "Finding the picture's noise"
every_family = pytest.mark.parametrize("family", KINDS)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return tuning_desk.models(KINDS, tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def alone(nothing_learned: None) -> None:
    """What is kept of a picture is this test's."""


class Inverted:
    """A picture inverted by hand."""

    def __init__(self, models: Models, family: str) -> None:
        self.model = models.get(family)
        self.encoded = self.model.encode_for_training(scene().picture.rgb, scene().mask)
        self.unwanted = self.model.condition("")
        self.solver = StochasticSolver.of(self.model.schedule, self.model.scheduler(6, Extent(64, 64)).timesteps)
        self.inversion = invert(self.model, self.encoded, self.unwanted, self.solver, 4, lambda _: None)

    def painted(self, scale: float, threshold: float, skip: int = 0) -> torch.Tensor:
        words = "a hat"
        target = self.model.condition(words)
        guidance = Guidance(self.unwanted, target, self.model.words(words), scale, threshold)
        change = torch.ones(1, 1, *self.encoded.clean.shape[-2:])
        return edit(
            self.model, self.encoded, guidance, self.inversion, self.solver, skip, change, lambda *_: None
        )  # fmt: skip


def recipe(family: str, **settings: object) -> Recipe:
    return replace(Recipe("leditspp", "a hat", model=family, steps=4, seed=4), **settings)  # type: ignore[arg-type]


def run(models: Models, asked: Recipe, seed: int = 7) -> tuple[tuple[F32, ...], list[str]]:
    """The answers, and the stages gone through."""
    steps: list[Step] = []
    images = leditspp(scene(seed), asked, models, steps.append).result.images
    return images, [stage for stage in dict.fromkeys(step.stage for step in steps) if not stage.startswith("Loading")]


@every_family
@pytest.mark.parametrize("skip", [0, 1, 4, 6])
def test_without_guidance_the_picture_comes_back_wherever_it_is_begun(models: Models, family: str, skip: int):
    by_hand = Inverted(models, family)
    assert torch.allclose(by_hand.painted(0.0, 0.0, skip), by_hand.encoded.clean, atol=1e-4)


@every_family
def test_the_words_change_only_what_the_masks_leave(models: Models, family: str):
    by_hand = Inverted(models, family)
    clean = by_hand.encoded.clean
    everywhere, little = ((by_hand.painted(5.0, share) - clean).abs() for share in (0.0, 0.9))
    assert (everywhere > 1e-3).float().mean() > 0.9
    assert little.mean() < everywhere.mean()


def test_beyond_every_threshold_hardly_anything_is_led(models: Models):
    by_hand = Inverted(models, "sd15")
    moved = (by_hand.painted(5.0, 1.0) - by_hand.encoded.clean).abs().amax((0, 1))
    assert not torch.equal(by_hand.painted(5.0, 0.0), by_hand.painted(5.0, 1.0))
    assert moved.mean() < (by_hand.painted(5.0, 0.0) - by_hand.encoded.clean).abs().amax((0, 1)).mean()


def test_the_solver_steps_as_that_of_diffusers_without_its_noise():
    theirs = DPMSolverMultistepScheduler(
        algorithm_type="sde-dpmsolver++", solver_order=2, final_sigmas_type="zero", **tiny_models.BETAS
    )
    theirs.set_timesteps(5)
    schedule = Schedule.of(theirs)
    solver = StochasticSolver.of(schedule, theirs.timesteps)
    generator = torch.Generator().manual_seed(0)
    latents, before = torch.randn(1, 4, 8, 8, generator=generator), None
    for number, timestep in enumerate(theirs.timesteps):
        predicted, at = torch.randn(1, 4, 8, 8, generator=generator), solver.at[number, None]
        clean = schedule.clean(latents, predicted, at)
        ours = solver.mean(number, latents, clean, before)
        latents = theirs.step(predicted, timestep, latents, variance_noise=torch.zeros_like(latents)).prev_sample
        assert torch.allclose(ours, latents, atol=1e-3), number
        before = clean


@every_family
def test_attention_is_noted_without_changing_what_is_predicted(models: Models, family: str):
    model = models.get(family)
    encoded = model.encode_for_training(scene().picture.rgb, scene().mask)
    words, at = model.condition("a hat"), model.schedule.timesteps[500, None]
    before, plain = fingerprint(model.network), model.predict(encoded.clean, at, words, encoded)
    with torch.no_grad(), noted(model.network) as attention:
        assert torch.equal(model.predict(encoded.clean, at, words, encoded), plain)
        seen = attention.map(0, model.words("a hat"), *encoded.clean.shape[-2:])
        everything = attention.map(0, slice(None), *encoded.clean.shape[-2:])
    assert seen.shape[:2] == (1, 1)
    assert torch.allclose(everything, torch.ones_like(everything), atol=1e-5)
    assert fingerprint(model.network) == before


def test_words_that_are_too_long_are_read_as_far_as_the_model_reads(models: Models):
    model = models.get("sd15")
    assert model.words("a hat " * 100) == slice(1, model.pipe.tokenizer.model_max_length - 1)
    assert model.words("") == slice(1, 2)


@every_family
def test_another_strength_threshold_or_prompt_is_painted_without_inverting(models: Models, family: str):
    looks_first = ["Looking at the picture"] if family == untrained.NAME else []
    (first,), stages = run(models, recipe(family))
    assert stages == [*looks_first, INVERTING, "Painting"]
    for changed in (
        {"eta": (0.5,)},
        {"eta": (0.25, 1.2)},
        {"prompt": "a red cat"},
        {"extras": (Extra(EDIT_THRESHOLD.name, "0.1"), Extra(EDIT_GUIDANCE.name, "9"))},
    ):
        images, stages = run(models, recipe(family, **changed))
        assert stages == ["Painting"], changed
        assert not np.array_equal(images[0], first), changed
    (again,), _ = run(models, recipe(family))
    assert np.array_equal(again, first)


@pytest.mark.parametrize("changed", [{"seed": 5}, {"steps": 3}, {"negative": "rain"}, {"model": "sd2"}])
def test_what_the_noise_depends_on_is_inverted_anew(models: Models, changed: dict[str, object]):
    run(models, recipe("sd15"))
    assert run(models, recipe("sd15", **changed))[1] == [INVERTING, "Painting"]
    assert run(models, recipe("sd15"), seed=8)[1] == [INVERTING, "Painting"]


def test_a_strength_may_be_several(models: Models):
    steps: list[Step] = []
    answer = leditspp(scene(), recipe("sd15", eta=(0.5, 1.0, 1.4), variations=2), models, steps.append)
    assert len(answer.result.images) == 6
    assert len({image.tobytes() for image in answer.result.images}) == 6
    assert [step.step for step in steps if step.stage == "Painting"][-1] == 6 * 4
    assert leditspp(scene(), recipe("sd15"), models, steps.append).recipe.eta == (USUAL_ETA,)


def test_a_model_that_finds_words_for_the_picture_completes_the_persons_and_says_so(models: Models):
    answer = leditspp(scene(), recipe(untrained.NAME, prompt="waving"), models, lambda _: None)
    (notice,) = (notice for notice in answer.notices if notice.startswith("Read as"))
    assert " background, " in notice
    assert answer.recipe.prompt == "waving"


def test_an_estimate_knows_what_is_inverted_already(models: Models):
    layer = Raster(Bounds(0, 0, 64, 64), Channels.RGBA, Depth.U8)
    question = Estimate("a" * 32, recipe("sd15"), layer, None, scene().content)
    new = estimate(question, models)
    assert (new.learned, new.model) == (0.0, "sd15")
    assert new.tuning_s > 0 < new.render_s
    run(models, recipe("sd15"))
    known = estimate(question, models)
    assert (known.learned, known.tuning_s) == (1.0, 0.0)
