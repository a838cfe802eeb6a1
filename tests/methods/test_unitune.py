"""UniTune: one learning under a rare word serves every prompt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg

from server.editing.edit import CancelledEdit, Step
from server.methods.unitune import RARE, RESCALE, estimate, presets, unitune
from server.models.families.families import family
from server.models.families.learning import UNITUNE, UNITUNE_CROSS_ATTENTION
from server.models.runtime.residency import Models
from server.models.runtime.sampling import rescaled
from server.pixels.picture import F32
from server.tuning import trainer
from server.tuning.trainer import first_weights
from server.wire.geometry import Bounds
from server.wire.messages import Estimate
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import USUAL_ETA, Extra, Recipe
from tests.bundled import untrained
from tests.methods import tuning_desk
from tests.methods.tuning_desk import fingerprint, scene, shortened

pytestmark = pytest.mark.torch

KINDS = ("sd15", "sdxl", "sd3", untrained.NAME)
LEARNED = "Learning the picture"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return tuning_desk.models(KINDS, tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch, nothing_learned: None) -> None:
    shortened(monkeypatch, 3)


def recipe(family: str, **settings: object) -> Recipe:
    return replace(Recipe("unitune", "a hat", model=family, steps=2, seed=4), **settings)  # type: ignore[arg-type]


def run(models: Models, asked: Recipe) -> tuple[tuple[F32, ...], list[Step]]:
    steps: list[Step] = []
    return unitune(scene(), asked, models, steps.append).result.images, steps


def stages(steps: list[Step]) -> list[str]:
    return [stage for stage in dict.fromkeys(step.stage for step in steps) if not stage.startswith("Loading")]


def test_it_learns_as_published():
    for preset, rate in ((UNITUNE, 1e-4), (UNITUNE_CROSS_ATTENTION, 9e-5)):
        (phase,) = preset.phases
        assert (phase.steps, phase.batch, phase.weights_rate, phase.words_rate) == (128, 4, rate, 0)
    assert family("sd15").unitune.layers == UNITUNE_CROSS_ATTENTION.layers


def test_the_rare_word_goes_before_what_the_model_calls_the_picture(models: Models, monkeypatch: pytest.MonkeyPatch):
    prompts: list[str] = []
    adapter = models.get(untrained.NAME)
    condition = adapter.condition
    monkeypatch.setattr(adapter, "condition", lambda prompt: prompts.append(prompt) or condition(prompt))
    run(models, recipe(untrained.NAME))
    (learned,) = [prompt for prompt in prompts if prompt.startswith(RARE) and "a hat" not in prompt]
    assert len(learned.split(", ")) >= 3, "thing, ground and style"
    run(models, recipe("sd15"))  # has no words for a picture


@pytest.mark.parametrize("family", KINDS)
def test_the_second_prompt_costs_one_painting(models: Models, family: str):
    before = fingerprint(models.get(family).network)
    (first,), steps = run(models, recipe(family))
    looked = ["Looking at the picture"] if models.get(family).evaluations else []
    assert stages(steps) == [*looked, LEARNED, "Painting"]
    (other,), steps = run(models, recipe(family, prompt="a red cat"))
    assert stages(steps) == ["Painting"]
    assert not np.array_equal(first, other)
    assert np.array_equal(run(models, recipe(family))[0][0], first)
    assert fingerprint(models.get(family).network) == before


def test_of_stable_diffusion_only_what_reads_the_words_is_learned(models: Models):
    learned = first_weights(models.get("sd15"), presets("sd15")[0]).tensors
    assert learned
    assert all(".attn2." in name for name in learned)
    assert len(first_weights(models.get("sd3"), presets("sd3")[0]).tensors) > len(learned)


def test_edit_strengths_begin_at_the_noised_picture_and_beyond_one_follow_the_words_more(models: Models):
    images, steps = run(models, recipe("sd15", steps=10, eta=(0.3, 1.0, 1.5)))
    assert len({image.tobytes() for image in images}) == 3
    assert sum(step.stage == "Painting" for step in steps) == 3 + 10 + 10
    used = unitune(scene(), recipe("sd15"), models, lambda _: None).recipe
    assert (used.eta, used.preset, used.guidance) == ((USUAL_ETA,), "paper", 12.0)


def test_what_strong_guidance_burns_is_brought_back_as_diffusers_does():
    generator = torch.Generator().manual_seed(0)
    guided, words = (torch.randn(2, 4, 8, 8, generator=generator) * size for size in (9, 1))
    assert torch.allclose(rescaled(guided, words, 0.7), rescale_noise_cfg(guided, words, 0.7), atol=1e-6)


def test_rescaling_can_be_left_out(models: Models):
    with_it, without = (
        run(models, recipe("sd15", eta=(1.0,), extras=extras))[0][0] for extras in ((), (Extra(RESCALE.name, "0"),))
    )
    assert not np.array_equal(with_it, without)


def test_an_interrupted_learning_goes_on_where_it_was(models: Models, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trainer, "_NOTING_SHARE", float("inf"))

    def report(step: Step) -> None:
        if step.stage == LEARNED and step.step == 2:
            raise CancelledEdit

    with pytest.raises(CancelledEdit):
        unitune(scene(), recipe("sd15"), models, report)
    _, steps = run(models, recipe("sd15", prompt="other words"))
    assert [step.step for step in steps if step.stage == LEARNED] == [2, 3]


def test_an_estimate_is_the_same_for_every_prompt(models: Models):
    layer = Raster(Bounds(0, 0, 64, 64), Channels.RGBA, Depth.U8)
    run(models, recipe("sd15"))
    told = estimate(Estimate("a" * 32, recipe("sd15", prompt="never asked"), layer, None, scene().content), models)
    assert (told.learned, told.tuning_s, told.preset) == (1.0, 0.0, "paper")
    assert RARE == "beikkpic"
