"""Imagic with a tiny random model of every family, through the real adapters, pipelines and cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from server.editing.edit import Answer, CancelledEdit, Scene, Step
from server.editing.results import Repaint
from server.methods.imagic import imagic
from server.models.runtime.residency import Models
from server.pixels.picture import F32
from server.tuning import trainer
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import USUAL_ETA, Recipe
from tests.bundled import untrained
from tests.methods import tuning_desk
from tests.methods.tuning_desk import KINDS, fingerprint, recipe, scene, shortened

pytestmark = pytest.mark.torch

PRESETS = ("quality", "fast", "paper")
every_family = pytest.mark.parametrize("family", KINDS)
every_preset = pytest.mark.parametrize("preset", PRESETS)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return tuning_desk.models(KINDS, tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch, nothing_learned: None) -> None:
    shortened(monkeypatch, 3)


class Run:
    """One edit and all that it said."""

    def __init__(self, models: Models, asked: Recipe, where: Scene | None = None) -> None:
        self.steps: list[Step] = []
        self.answer: Answer[Repaint] = imagic(where or scene(), asked, models, self.steps.append)

    @property
    def images(self) -> tuple[F32, ...]:
        return self.answer.result.images

    @property
    def stages(self) -> list[str]:
        """In their order, each once; without the loading of the model."""
        return [stage for stage in dict.fromkeys(step.stage for step in self.steps) if not stage.startswith("Loading")]


def halted(models: Models, asked: Recipe, when: Callable[[Step], bool], error: type[Exception] = CancelledEdit) -> int:
    """Runs until ``when``, raises there; how many steps were reported."""
    reported = []

    def report(step: Step) -> None:
        reported.append(step)
        if when(step):
            raise error

    with pytest.raises(error):
        imagic(scene(), asked, models, report)
    return len(reported)


@every_family
def test_there_is_an_answer_of_the_scenes_size_for_each_strength_and_seed(models: Models, family: str):
    run = Run(models, recipe(family, eta=(0.0, 1.0), variations=2))
    assert [image.shape for image in run.images] == [(64, 64, 3)] * 4
    assert all(image.dtype == np.float32 and 0 <= image.min() <= image.max() <= 1 for image in run.images)
    assert len({image.tobytes() for image in run.images}) == 4
    looks_first = ["Looking at the picture"] if family == untrained.NAME else []
    assert run.stages == [*looks_first, "Learning the picture", "Painting"]


@pytest.mark.parametrize(
    ("family", "preset"), [*((family, "fast") for family in KINDS), ("sd15", "quality"), ("sd15", "paper")]
)
def test_afterwards_the_model_is_bit_for_bit_what_it_was(models: Models, family: str, preset: str):
    denoiser = models.get(family).network
    before = fingerprint(denoiser)
    Run(models, recipe(family, preset))
    assert fingerprint(denoiser) == before
    assert not any(weight.requires_grad for weight in denoiser.parameters())
    assert all(weight.grad is None for weight in denoiser.parameters())


@every_preset
@pytest.mark.parametrize("stage", ["Learning the picture", "Painting"])
@pytest.mark.parametrize("error", [CancelledEdit, RuntimeError])
def test_a_cancel_or_an_error_ends_it_at_that_step_and_leaves_the_model_as_it_was(
    models: Models, preset: str, stage: str, error: type[Exception]
):
    denoiser = models.get("sd15").network
    before = fingerprint(denoiser)
    halted(models, recipe("sd15", preset), lambda step: step.stage == stage and step.step == 1, error)
    assert fingerprint(denoiser) == before


@every_preset
def test_each_phase_reports_every_step(models: Models, preset: str):
    run = Run(models, recipe("sd15", preset))
    expected = ["Learning the words", "Learning the picture"] if preset == "paper" else ["Learning the picture"]
    assert run.stages == [*expected, "Painting"]
    for stage in expected:
        assert [(step.step, step.of) for step in run.steps if step.stage == stage] == [(n, 3) for n in range(4)]


@every_preset
def test_another_strength_or_seed_is_painted_without_learning(models: Models, preset: str):
    Run(models, recipe("sd15", preset))
    again = Run(models, recipe("sd15", preset, eta=(0.25, 0.75), seed=9))
    assert again.stages == ["Painting"]


@pytest.mark.parametrize(
    ("preset", "stages"),
    [
        ("quality", ["Learning the words", "Painting"]),
        ("fast", ["Painting"]),
        ("paper", ["Learning the words", "Learning the picture", "Painting"]),
    ],
)
def test_another_prompt_learns_only_what_its_preset_must(models: Models, preset: str, stages: list[str]):
    Run(models, recipe("sd15", preset))
    other = recipe("sd15", preset, prompt="a woman shrugging")
    first = Run(models, other)
    assert first.stages == stages
    assert Run(models, other).stages == ["Painting"]
    assert np.array_equal(Run(models, other).images[0], first.images[0])


@pytest.mark.parametrize("preset", ["quality", "fast"])
def test_a_model_that_finds_captions_looks_once_and_completes_every_prompt(models: Models, preset: str):
    asked = recipe(untrained.NAME, preset, prompt="waving")
    first = Run(models, asked)
    assert first.stages == ["Looking at the picture", "Learning the picture", "Painting"]
    looking = [step for step in first.steps if step.stage == "Looking at the picture"]
    assert [step.step for step in looking] == sorted({step.step for step in looking})
    assert (looking[0].step, looking[-1].of) == (0, models.get(untrained.NAME).evaluations)
    (notice,) = (notice for notice in first.answer.notices if notice.startswith("Read as"))
    assert " background, " in notice
    assert first.answer.recipe.prompt == "waving"
    assert Run(models, replace(asked, prompt="shrugging")).stages == ["Painting"]


def test_looking_ends_at_a_cancel_and_begins_anew(models: Models):
    asked = recipe(untrained.NAME)
    assert halted(models, asked, lambda step: step.stage == "Looking at the picture" and step.step > 0) <= 3
    assert Run(models, asked).stages[0] == "Looking at the picture"


@pytest.mark.parametrize("changed", ["picture", "model", "preset"])
def test_another_picture_model_or_preset_is_learned_for_itself(models: Models, changed: str):
    Run(models, recipe("sd15"))
    asked = {"picture": recipe("sd15"), "model": recipe("sd2"), "preset": recipe("sd15", "fast")}[changed]
    assert "Learning the picture" in Run(models, asked, scene(8 if changed == "picture" else 7)).stages


@every_preset
def test_what_is_painted_from_the_store_is_what_was_painted_first(models: Models, preset: str):
    first, again = (Run(models, recipe("sd15", preset)) for _ in range(2))
    assert again.stages == ["Painting"]
    assert np.array_equal(first.images[0], again.images[0])


@every_preset
def test_the_same_seed_gives_the_same_picture_though_nothing_is_remembered(models: Models, preset: str, tmp_path):
    first = Run(models, recipe("sd15", preset))
    models.learned = tmp_path / "elsewhere"
    again = Run(models, recipe("sd15", preset))
    assert again.stages == first.stages
    assert np.array_equal(first.images[0], again.images[0])


@every_preset
def test_an_interrupted_learning_goes_on_where_it_was_and_ends_as_it_would_have(
    models: Models, preset: str, monkeypatch: pytest.MonkeyPatch, tmp_path
):
    whole = Run(models, recipe("sd15", preset))
    models.learned = tmp_path / "elsewhere"
    monkeypatch.setattr(trainer, "_NOTING_SHARE", float("inf"))  # a checkpoint is due however long writing takes
    halted(models, recipe("sd15", preset), lambda step: step.stage == "Learning the picture" and step.step == 2)
    resumed = Run(models, recipe("sd15", preset))
    learning = [step.step for step in resumed.steps if step.stage == "Learning the picture"]
    assert learning == [2, 3]
    assert "Learning the words" not in resumed.stages
    assert np.array_equal(resumed.images[0], whole.images[0])


def test_the_recipe_of_the_answer_says_all_that_was_used(models: Models):
    used = Run(models, Recipe("imagic", "a hat", model="sd15", steps=2)).answer.recipe
    assert (used.preset, used.eta, used.strength) == ("quality", (USUAL_ETA,), 1.0)
    assert None not in (used.seed, used.guidance)
    assert np.array_equal(*(Run(models, used).images[0] for _ in range(2)))


def test_outside_the_selection_the_latents_are_the_pictures_own_at_every_strength(
    models: Models, monkeypatch: pytest.MonkeyPatch
):
    """Looked at before they are decoded: in a decoder as small as this one every latent reaches every pixel."""
    mask = np.zeros((64, 64), np.float32)
    mask[16:48, 16:48] = 1
    vae = models.get("sd15").pipe.vae
    decode, seen = vae.decode, []
    monkeypatch.setattr(vae, "decode", lambda latents, *more, **named: (
        seen.append(latents.clone()), decode(latents, *more, **named))[1])  # fmt: skip
    Run(models, recipe("sd15", eta=(0.0, 1.0)), scene(mask=mask))
    little, much = seen[-1] if len(seen[-1]) == 2 else (seen[-2][0], seen[-1][0])
    assert torch.equal(little[:, :2], much[:, :2])
    assert not torch.allclose(little[:, 3:5, 3:5], much[:, 3:5, 3:5])


@pytest.mark.parametrize(
    ("family", "again"), [("sd15", ["Painting"]), ("sd15-inpainting", ["Learning the picture", "Painting"])]
)
def test_another_selection_is_learned_only_where_the_model_is_shown_it(models: Models, family: str, again: list[str]):
    mask = np.zeros((64, 64), np.float32)
    mask[16:48, 16:48] = 1
    Run(models, recipe(family))
    assert Run(models, recipe(family), scene(mask=mask)).stages == again


def test_an_unknown_preset_and_an_empty_selection_are_said(models: Models):
    for asked, where, code in [
        (recipe("sd15", "instant"), scene(), Code.BAD_REQUEST),
        (recipe("sd15"), scene(mask=np.zeros((64, 64), np.float32)), Code.EMPTY_SELECTION),
    ]:
        with pytest.raises(OverpaintError) as caught:
            Run(models, asked, where)
        assert caught.value.code is code
