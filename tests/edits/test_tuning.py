"""The parts that learning a picture is made of, each for itself."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler
from safetensors.torch import load_file

from bench.imagic.memory import SHAPES, Rehearsal
from server.edits.edit import Step
from server.edits.imagic import imagic
from server.edits.tuning import lesson
from server.edits.tuning.descent import demand, minimise
from server.edits.tuning.forecast import estimate
from server.edits.tuning.loss import diffusion_loss, draw
from server.edits.tuning.notebook import Notebook, Page
from server.edits.tuning.plan import Demand, Plan, fitting, plans, smaller
from server.edits.tuning.presets import Phase
from server.edits.tuning.study import Study
from server.edits.tuning.weights import AllWeights, LowRank
from server.models.pipeline import PipelineAdapter
from server.models.residency import Models
from server.models.schedule import Predicts, Schedule
from server.models.tunable import Words
from server.pixels.picture import F32
from server.wire.geometry import Bounds
from server.wire.messages import Estimate
from server.wire.raster import Channels, Depth, Raster
from tests import tiny_models
from tests.edits import tuning_desk
from tests.edits.tuning_desk import PROMPT, recipe, scene, shortened

pytestmark = pytest.mark.torch

KINDS = ("sd15", "sd2", "sdxl", "sd3", "flux-fill")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return tuning_desk.models(KINDS, tmp_path_factory.mktemp("models"))


# --- noise and loss ------------------------------------------------------------------------------


@pytest.mark.parametrize("predicts", list(Predicts))
def test_from_noisy_picture_and_target_the_picture_follows(predicts: Predicts):
    """What each kind of denoiser predicts is all that is missing."""
    signal = torch.linspace(0.9, 0.1, 10)
    noise = 1 - signal if predicts is Predicts.FLOW else (1 - signal**2).sqrt()
    schedule = Schedule(signal, noise, torch.arange(10), predicts)
    clean, drawn, at = torch.randn(1, 4, 8, 8), torch.randn(3, 4, 8, 8), torch.tensor([1, 5, 8])
    noisy, target = schedule.noised(clean, drawn, at), schedule.target(clean, drawn, at)
    s, n = (values[at].view(3, 1, 1, 1) for values in (signal, noise))
    found = {
        Predicts.NOISE: lambda: (noisy - n * target) / s,
        Predicts.VELOCITY: lambda: s * noisy - n * target,
        Predicts.PICTURE: lambda: target,
        Predicts.FLOW: lambda: noisy - n * target,
    }[predicts]()
    assert torch.allclose(found, clean.expand(3, -1, -1, -1), atol=1e-5)


def test_the_schedule_agrees_with_diffusers():
    clean, noise, at = torch.randn(2, 4, 8, 8), torch.randn(2, 4, 8, 8), torch.tensor([3, 900])
    ddim = DDIMScheduler(prediction_type="v_prediction", **tiny_models.BETAS)
    ddim.set_timesteps(10)
    ours = Schedule.of(ddim)
    assert torch.allclose(ours.noised(clean, noise, at), ddim.add_noise(clean, noise, at), atol=1e-5)
    assert torch.allclose(ours.target(clean, noise, at), ddim.get_velocity(clean, noise, at), atol=1e-5)
    flow = FlowMatchEulerDiscreteScheduler(shift=3.0)
    untouched = FlowMatchEulerDiscreteScheduler(shift=3.0)
    flow.set_timesteps(4)
    ours = Schedule.of(flow)
    expected = untouched.scale_noise(clean, ours.timesteps[at], noise)
    assert torch.allclose(ours.noised(clean, noise, at), expected, atol=1e-5)
    assert Schedule.of(EulerDiscreteScheduler(**tiny_models.BETAS)).predicts is Predicts.NOISE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("learned", ["words", "all weights", "low rank"])
def test_each_family_learns_a_picture(models: Models, kind: str, learned: str):
    adapter = models.get(kind)
    sitter = adapter.sit(scene().picture.rgb, scene().mask)
    study = Study(adapter.embed(PROMPT), _weights(adapter, learned))
    rates = {"words": (0.3, 0.0), "all weights": (0.0, 3e-3), "low rank": (0.0, 3e-2)}[learned]
    seen = draw(adapter, sitter, 8, 99)
    before = _loss(adapter, sitter, study, seen)
    minimise(adapter, sitter, study, Phase("", 12, *rates, batch=4), Plan(4), lambda: None)
    assert _loss(adapter, sitter, study, seen) < before - 1e-3


def _weights(adapter: PipelineAdapter, learned: str):
    if learned == "low rank":
        return LowRank.beginning(adapter.denoiser, 4, 0)
    return AllWeights.beginning(adapter.denoiser) if learned == "all weights" else None


@torch.no_grad()
def _loss(adapter, sitter, study: Study, seen) -> float:
    if study.weights is None:
        return float(diffusion_loss(adapter, sitter, study.words, seen))
    with study.weights.worn(adapter.denoiser):
        return float(diffusion_loss(adapter, sitter, study.words, seen))


def test_it_ends_early_when_the_picture_is_fitted(models: Models):
    adapter = models.get("sd15")
    sitter = adapter.sit(scene().picture.rgb, scene().mask)
    study = Study(adapter.embed(PROMPT), AllWeights.beginning(adapter.denoiser))
    steps = []
    phase = Phase("", 200, weights_rate=3e-2, batch=4, fitted=0.97)
    minimise(adapter, sitter, study, phase, Plan(4), lambda: steps.append(study.step))
    assert 5 < len(steps) < 200
    assert study.loss < 0.97 * study.begun_at


# --- memory --------------------------------------------------------------------------------------


def test_smaller_portions_and_checkpointing_learn_the_same(models: Models):
    adapter = models.get("sd15")
    sitter = adapter.sit(scene().picture.rgb, scene().mask)

    def learned(plan: Plan) -> torch.Tensor:
        study = Study(adapter.embed(PROMPT), AllWeights.beginning(adapter.denoiser))
        minimise(adapter, sitter, study, Phase("", 2, 1e-2, 1e-3, batch=4), plan, lambda: None)
        return study.words.parts["prompt_embeds"].detach()

    whole = learned(Plan(4))
    assert not torch.allclose(whole, adapter.embed(PROMPT).parts["prompt_embeds"], atol=1e-3)
    for plan in (Plan(3), Plan(1), Plan(4, checkpointing=True)):
        assert torch.allclose(whole, learned(plan), atol=1e-4), plan


def test_what_a_phase_demands_is_counted(models: Models):
    adapter = models.get("sd15")
    sitter = adapter.sit(scene().picture.rgb, scene().mask)
    study, phase = Study(adapter.embed(PROMPT), AllWeights.beginning(adapter.denoiser)), Phase("", 1, 0, 1e-4, batch=8)
    need = demand(adapter, sitter, study, phase)
    assert (need.batch, need.numbers) == (8, sum(one.numel() for one in adapter.denoiser.parameters()))
    assert need.sample > sitter.clean.nbytes
    assert need.casts == 0  # all is in single precision on a processor


def test_a_plan_is_the_quickest_in_what_is_free():
    need = Demand(batch=8, numbers=1000, sample=4000, casts=2000)
    known = plans(8)
    assert known[:4] == (Plan(8), Plan(4), Plan(8, True), Plan(4, True))
    assert known[-1] == Plan(1, checkpointing=True, eight_bit=True)
    for number, plan in enumerate(known):
        chosen = fitting(need, need.of(plan))
        assert need.of(chosen) <= need.of(plan)
        assert known.index(chosen) <= number
    assert fitting(need, 1 << 40) == Plan(8)
    assert need.of(fitting(need, 0)) == min(need.of(plan) for plan in known)


def test_when_memory_runs_out_one_plan_follows_the_other_to_the_end():
    for batch in (1, 4, 10):
        gone_through = [first := Plan(batch)]
        while (following := smaller(gone_through[-1], batch)) is not None:
            gone_through.append(following)
        assert gone_through == list(dict.fromkeys(plans(batch))), first
        assert gone_through[-1] == Plan(1, checkpointing=True, eight_bit=True)


def test_moments_go_on_in_eight_bits_when_memory_runs_out_and_whole_when_it_is_back(models: Models):
    adapter = models.get("sd15")
    sitter = adapter.sit(scene().picture.rgb, scene().mask)
    study = Study(adapter.embed(PROMPT), AllWeights.beginning(adapter.denoiser))
    sizes = []
    for steps, eight_bit in ((4, False), (8, True), (12, False)):
        phase = Phase("", steps, weights_rate=3e-3, batch=4)
        minimise(adapter, sitter, study, phase, Plan(4, eight_bit=eight_bit), lambda: None)
        sizes.append(sum(one.nbytes for one in study.moments.values()))
    assert study.step == 12
    assert sizes[1] < 0.6 * sizes[0]  # most of a tiny model's tensors are too small to be packed
    assert sizes[2] == sizes[0]


class SmallDevice:
    """Stands where memory is allocated: refuses more than ``most`` samples at once."""

    def __init__(self, adapter, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refused = 0
        forward = adapter.denoiser.forward

        def refusing(sample, *args, **kwargs):
            if len(sample) > most:
                self.refused += 1
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
            return forward(sample, *args, **kwargs)

        monkeypatch.setattr(adapter.denoiser, "forward", refusing)


def test_when_memory_runs_out_smaller_portions_and_batches_do_it(models: Models, monkeypatch, home):
    shortened(monkeypatch, 3, batch=4)
    asked = recipe("sd15", eta=(0.5, 0.7, 0.9))
    expected = imagic(scene(), asked, models, lambda _: None).images
    monkeypatch.setenv("OVERPAINT_HOME", str(home / "other"))
    small = SmallDevice(models.get("sd15"), 2, monkeypatch)
    images = imagic(scene(), asked, models, lambda _: None).images
    assert small.refused
    assert all(np.allclose(*pair, atol=0.01) for pair in zip(images, expected, strict=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("preset", ["quality", "fast"])
def test_nothing_of_a_learned_picture_stays_in_memory(models: Models, kind: str, preset: str, monkeypatch, home):
    shortened(monkeypatch, 2)
    held = []
    for seed in range(3):  # the first one fills what is kept for all
        imagic(scene(seed), recipe(kind, preset), models, lambda _: None)
        gc.collect()
        held.append(sum(isinstance(one, torch.Tensor) for one in gc.get_objects()))
    assert held[1] == held[2]


def test_when_even_the_smallest_does_not_fit_it_is_said(models: Models, monkeypatch, home):
    shortened(monkeypatch, 3)
    SmallDevice(models.get("sd15"), 0, monkeypatch)
    with pytest.raises(torch.OutOfMemoryError):
        imagic(scene(), recipe("sd15"), models, lambda _: None)


def test_where_the_whole_model_does_not_fit_a_small_addition_is_learned_and_said(models: Models, monkeypatch, home):
    shortened(monkeypatch, 2)

    def refuse(denoiser: torch.nn.Module) -> AllWeights:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.20 GiB")

    monkeypatch.setattr(AllWeights, "beginning", refuse)
    answer = imagic(scene(), recipe("sd15", "quality"), models, lambda _: None)
    assert answer.recipe.preset == "fast"
    assert "too little memory" in answer.notices[0]


def test_memory_that_runs_out_in_painting_costs_nothing_of_what_was_learned(models: Models, monkeypatch, home):
    shortened(monkeypatch, 2)
    adapter = models.get("sd15")

    def refuse(paintings: object, on_step: object) -> list[F32]:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.20 GiB")

    with monkeypatch.context() as full:
        full.setattr(adapter, "repaint_all", refuse)
        with pytest.raises(torch.OutOfMemoryError):
            imagic(scene(), recipe("sd15", "quality"), models, lambda _: None)
    steps: list[Step] = []
    answer = imagic(scene(), recipe("sd15", "quality"), models, steps.append)
    assert answer.recipe.preset == "quality"
    assert {step.stage for step in steps} == {"Painting"}


def test_where_counting_what_a_step_keeps_does_not_fit_the_smallest_plan_is_taken(models: Models, monkeypatch, home):
    shortened(monkeypatch, 2)
    seen: list[Plan] = []

    def refuse(*anything: object) -> int:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.20 GiB")

    def watched(adapter: object, sitter: object, study: object, phase: object, plan: Plan, on_step: object) -> None:
        seen.append(plan)
        minimise(adapter, sitter, study, phase, plan, on_step)  # type: ignore[arg-type]

    monkeypatch.setattr(lesson, "demand", refuse)
    monkeypatch.setattr(lesson, "minimise", watched)
    assert imagic(scene(), recipe("sd15", "quality"), models, lambda _: None).recipe.preset == "quality"
    assert set(seen) == {Plan(1, checkpointing=True)}


# --- the notebook --------------------------------------------------------------------------------


def study(value: float = 1.0) -> Study:
    return Study(Words({"prompt_embeds": torch.full((1, 4, 8), value)}), AllWeights({"w": torch.full((64,), value)}))


def kept(notebook: Notebook, page: Page) -> Study | None:
    found = notebook.open(page, 0, torch.device("cpu"))
    return found[0] if found else None


def test_what_was_used_longest_ago_is_forgotten_first(tmp_path: Path):
    pages = [Page(f"picture{number}", "words") for number in range(3)]
    Notebook(tmp_path).write(pages[0], study(), 1.0, torch.float32)
    size = sum(path.stat().st_size for path in tmp_path.rglob("*.safetensors"))
    notebook = Notebook(tmp_path, largest=2 * size + 10)
    notebook.write(pages[1], study(), 1.0, torch.float32)
    for path in tmp_path.rglob("*.safetensors"):
        _made_older(path, 100 if "picture1" in str(path) else 200)
    assert kept(notebook, pages[0]) is not None
    notebook.write(pages[2], study(), 1.0, torch.float32)
    assert [kept(notebook, page) is not None for page in pages] == [True, False, True]
    assert not (tmp_path / "picture1").exists()


def _made_older(path: Path, seconds: float) -> None:
    import os

    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


def test_what_cannot_be_read_is_learned_anew(tmp_path: Path):
    notebook, page = Notebook(tmp_path), Page("picture", "words")
    notebook.write(page, study(), 0.5)
    (path,) = tmp_path.rglob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-100])
    assert kept(notebook, page) is None
    assert notebook.share(page) == 0.0
    notebook.write(page, study(2.0), 1.0, torch.float32)
    found = kept(notebook, page)
    assert found is not None
    assert float(found.words.parts["prompt_embeds"].mean()) == 2.0


def test_what_the_disk_does_not_take_costs_the_edit_nothing(tmp_path: Path):
    notebook, page = Notebook(tmp_path / "learned"), Page("picture", "words")
    (tmp_path / "learned").write_bytes(b"")
    notebook.write(page, study(), 0.5)
    notebook.see(page.picture, "content")
    assert notebook.share(page) == 0.0
    (tmp_path / "learned").unlink()
    notebook.write(page, study(), 0.5)
    notebook.see(page.picture, "content")
    assert notebook.share(page) == 0.5
    assert notebook.seen("content") == page.picture


def test_what_is_complete_keeps_only_what_painting_needs(tmp_path: Path):
    notebook, page = Notebook(tmp_path), Page("picture", "words")
    half = study()
    half.moments = {"exp_avg.weights.w": torch.zeros(64)}
    notebook.write(page, half, 0.5)
    assert set(load_file(next(tmp_path.rglob("*.safetensors")))) == {
        "words.prompt_embeds",
        "weights.w",
        "adam.exp_avg.weights.w",
    }
    notebook.write(page, half, 1.0, torch.float16)
    assert set(load_file(next(tmp_path.rglob("*.safetensors")))) == {"words.prompt_embeds", "weights.w"}


# --- the estimate --------------------------------------------------------------------------------


def test_an_estimate_knows_what_is_learned_already(models: Models, monkeypatch, home):
    shortened(monkeypatch, 3)
    where = scene()

    def ask(**changed: object):
        layer = Raster(Bounds(0, 0, 64, 64), Channels.RGBA, Depth.U8)
        return estimate(
            Estimate("a" * 32, replace(recipe("sd15"), **changed), layer, None, where.content()),  # type: ignore[arg-type]
            models,
        )

    new = ask()
    assert (new.learned, new.model, new.preset) == (0.0, "sd15", "quality")
    assert new.tuning_s > 0 < new.render_s
    assert new.memory_gb * 1e9 > 4 * models.get("sd15").nbytes
    steps: list[Step] = []
    imagic(where, recipe("sd15"), models, steps.append)
    assert (ask().learned, ask().tuning_s) == (1.0, 0.0)
    other = ask(prompt="other words")
    assert other.learned == 0.0
    assert other.tuning_s > 0
    assert ask(preset="fast").learned == 0.0
    assert ask(steps=50).render_s > ask(steps=2).render_s


def test_an_estimate_tells_of_the_small_addition_where_the_whole_model_does_not_fit(models: Models, monkeypatch, home):
    shortened(monkeypatch, 2)

    def refuse(denoiser: torch.nn.Module) -> AllWeights:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.20 GiB")

    monkeypatch.setattr(AllWeights, "beginning", refuse)
    layer = Raster(Bounds(0, 0, 64, 64), Channels.RGBA, Depth.U8)
    told = estimate(Estimate("a" * 32, recipe("sd15", "quality"), layer, None, scene().content()), models)
    assert told.preset == "fast"
    assert told.tuning_s > 0


@pytest.mark.parametrize(
    ("name", "plan", "most"),
    [("quality", Plan(10, checkpointing=True, eight_bit=True), 12e9), ("fast", Plan(4, checkpointing=True), 6e9)],
)
def test_what_learning_takes_at_full_size_is_foretold(name: str, plan: Plan, most: float):
    rehearsal = Rehearsal(SHAPES["sd15"], name)
    counted, foretold = rehearsal.peak(plan), rehearsal.there + rehearsal.demand.of(plan)
    assert counted <= 1.02 * foretold
    assert foretold <= min(1.1 * counted, most)
