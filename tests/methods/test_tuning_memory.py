"""Learning a picture in the memory there is: what it will take, the plans, and what happens when it runs out."""

from __future__ import annotations

import gc

import numpy as np
import pytest
import torch

from bench.imagic.memory import SHAPES, Rehearsal
from server.editing.edit import Step
from server.methods.imagic import imagic
from server.models.families.learning import TuningPhase
from server.models.runtime.residency import Models
from server.models.runtime.weights import AllWeights
from server.pixels.picture import F32
from server.tuning import trainer
from server.tuning.dataset import TuningDataset
from server.tuning.optimise import demand, minimise
from server.tuning.plan import Demand, Plan, fitting, from_here, plans
from server.tuning.state import TuningState
from tests.methods import tuning_desk
from tests.methods.tuning_desk import PROMPT, recipe, scene, shortened

pytestmark = pytest.mark.torch

KINDS = ("sd15", "sd2", "sdxl", "sd3", "flux-fill")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return tuning_desk.models(KINDS, tmp_path_factory.mktemp("models"))


def test_smaller_portions_and_checkpointing_learn_the_same(models: Models):
    adapter = models.get("sd15")
    encoded = adapter.encode_for_training(scene().picture.rgb, scene().mask)

    def learned(plan: Plan) -> torch.Tensor:
        state = TuningState(adapter.condition(PROMPT), AllWeights.beginning(adapter.network))
        minimise(adapter, TuningDataset(encoded), state, TuningPhase("", 2, 1e-2, 1e-3, batch=4), plan, lambda: None)
        return state.conditioning.parts["prompt_embeds"].detach()

    whole = learned(Plan(4))
    assert not torch.allclose(whole, adapter.condition(PROMPT).parts["prompt_embeds"], atol=1e-3)
    for plan in (Plan(3), Plan(1), Plan(4, checkpointing=True)):
        assert torch.allclose(whole, learned(plan), atol=1e-4), plan


def test_what_a_phase_demands_is_counted(models: Models):
    adapter = models.get("sd15")
    encoded = adapter.encode_for_training(scene().picture.rgb, scene().mask)
    state, phase = (
        TuningState(adapter.condition(PROMPT), AllWeights.beginning(adapter.network)),
        TuningPhase("", 1, 0, 1e-4, batch=8),
    )
    need = demand(adapter, TuningDataset(encoded), state, phase)
    assert (need.batch, need.numbers) == (8, sum(one.numel() for one in adapter.network.parameters()))
    assert need.sample > encoded.clean.nbytes
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
        gone_through = from_here(Plan(batch), batch)
        assert gone_through == tuple(dict.fromkeys(plans(batch)))
        assert from_here(gone_through[2], batch) == gone_through[2:]
        assert gone_through[-1] == Plan(1, checkpointing=True, eight_bit=True)


def test_moments_go_on_in_eight_bits_when_memory_runs_out_and_whole_when_it_is_back(models: Models):
    adapter = models.get("sd15")
    encoded = adapter.encode_for_training(scene().picture.rgb, scene().mask)
    state = TuningState(adapter.condition(PROMPT), AllWeights.beginning(adapter.network))
    sizes = []
    for steps, eight_bit in ((4, False), (8, True), (12, False)):
        phase = TuningPhase("", steps, weights_rate=3e-3, batch=4)
        minimise(adapter, TuningDataset(encoded), state, phase, Plan(4, eight_bit=eight_bit), lambda: None)
        sizes.append(sum(one.nbytes for one in state.moments.values()))
    assert state.step == 12
    assert sizes[1] < 0.6 * sizes[0]  # most of a tiny model's tensors are too small to be packed
    assert sizes[2] == sizes[0]


class SmallDevice:
    """Stands where memory is allocated: refuses more than ``most`` samples at once."""

    def __init__(self, adapter, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refused = 0
        forward = adapter.network.forward

        def refusing(sample, *args, **kwargs):
            if len(sample) > most:
                self.refused += 1
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
            return forward(sample, *args, **kwargs)

        monkeypatch.setattr(adapter.network, "forward", refusing)


def test_when_memory_runs_out_smaller_portions_and_batches_do_it(
    models: Models, monkeypatch, nothing_learned, tmp_path
):
    shortened(monkeypatch, 3, batch=4)
    asked = recipe("sd15", eta=(0.5, 0.7, 0.9))
    expected = imagic(scene(), asked, models, lambda _: None).result.images
    models.learned = tmp_path / "elsewhere"
    small = SmallDevice(models.get("sd15"), 2, monkeypatch)
    images = imagic(scene(), asked, models, lambda _: None).result.images
    assert small.refused
    assert all(np.allclose(*pair, atol=0.01) for pair in zip(images, expected, strict=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("preset", ["quality", "fast"])
def test_nothing_of_a_learned_picture_stays_in_memory(
    models: Models, kind: str, preset: str, monkeypatch, nothing_learned
):
    shortened(monkeypatch, 2)
    held = []
    for seed in range(3):  # the first one fills what is kept for all
        imagic(scene(seed), recipe(kind, preset), models, lambda _: None)
        gc.collect()
        held.append(sum(isinstance(one, torch.Tensor) for one in gc.get_objects()))
    assert held[1] == held[2]


def test_when_even_the_smallest_does_not_fit_it_is_said(models: Models, monkeypatch, nothing_learned):
    shortened(monkeypatch, 3)
    SmallDevice(models.get("sd15"), 0, monkeypatch)
    with pytest.raises(torch.OutOfMemoryError):
        imagic(scene(), recipe("sd15"), models, lambda _: None)


def test_where_the_whole_model_does_not_fit_a_small_addition_is_learned_and_said(
    models: Models, monkeypatch, nothing_learned
):
    shortened(monkeypatch, 2)

    def refuse(*anything: object) -> AllWeights:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.20 GiB")

    monkeypatch.setattr(AllWeights, "beginning", refuse)
    answer = imagic(scene(), recipe("sd15", "quality"), models, lambda _: None)
    assert answer.recipe.preset == "fast"
    assert "too little memory" in answer.notices[0]


def test_memory_that_runs_out_in_painting_costs_nothing_of_what_was_learned(
    models: Models, monkeypatch, nothing_learned
):
    shortened(monkeypatch, 2)
    adapter = models.get("sd15")

    def refuse(latents: object) -> list[F32]:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.20 GiB")

    with monkeypatch.context() as full:
        full.setattr(adapter, "decode", refuse)
        with pytest.raises(torch.OutOfMemoryError):
            imagic(scene(), recipe("sd15", "quality"), models, lambda _: None)
    steps: list[Step] = []
    answer = imagic(scene(), recipe("sd15", "quality"), models, steps.append)
    assert answer.recipe.preset == "quality"
    assert {step.stage for step in steps} == {"Painting"}


def test_where_counting_what_a_step_keeps_does_not_fit_the_smallest_plan_is_taken(
    models: Models, monkeypatch, nothing_learned
):
    shortened(monkeypatch, 2)
    seen: list[Plan] = []

    def refuse(*anything: object) -> int:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.20 GiB")

    def watched(adapter: object, dataset: object, state: object, phase: object, plan: Plan, on_step: object) -> None:
        seen.append(plan)
        minimise(adapter, dataset, state, phase, plan, on_step)  # type: ignore[arg-type]

    monkeypatch.setattr(trainer, "demand", refuse)
    monkeypatch.setattr(trainer, "minimise", watched)
    assert imagic(scene(), recipe("sd15", "quality"), models, lambda _: None).recipe.preset == "quality"
    assert set(seen) == {Plan(1, checkpointing=True)}


@pytest.mark.parametrize(
    ("name", "plan", "most"),
    [("quality", Plan(10, checkpointing=True, eight_bit=True), 12e9), ("fast", Plan(4, checkpointing=True), 6e9)],
)
def test_what_learning_takes_at_full_size_is_foretold(name: str, plan: Plan, most: float):
    rehearsal = Rehearsal(SHAPES["sd15"], name)
    counted, foretold = rehearsal.peak(plan), rehearsal.there + rehearsal.demand.of(plan)
    assert counted <= 1.02 * foretold
    assert foretold <= min(1.1 * counted, most)
