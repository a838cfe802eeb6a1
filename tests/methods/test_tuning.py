"""The parts that learning a picture is made of, each for itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import DDIMScheduler, EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler
from safetensors.torch import load_file

from server.editing.edit import Step
from server.methods.imagic import imagic
from server.models.families.learning import TuningPhase
from server.models.runtime.conditioning import Conditioning
from server.models.runtime.pipeline import PipelineAdapter
from server.models.runtime.residency import Models
from server.models.runtime.schedule import Predicts, Schedule
from server.models.runtime.weights import AllWeights, LowRank
from server.tuning.cache import CacheKey, TuningCache
from server.tuning.dataset import TuningDataset
from server.tuning.estimate import estimate
from server.tuning.loss import diffusion_loss, draw
from server.tuning.optimise import minimise
from server.tuning.plan import Plan
from server.tuning.state import TuningState
from server.wire.geometry import Bounds
from server.wire.messages import Estimate
from server.wire.raster import Channels, Depth, Raster
from tests import tiny_models
from tests.methods import tuning_desk
from tests.methods.tuning_desk import PROMPT, recipe, scene, shortened

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
    encoded = adapter.encode_for_training(scene().picture.rgb, scene().mask)
    state = TuningState(adapter.condition(PROMPT), _weights(adapter, learned))
    rates = {"words": (0.3, 0.0), "all weights": (0.0, 3e-3), "low rank": (0.0, 3e-2)}[learned]
    seen = draw(adapter, TuningDataset(encoded), 8, 99)
    before = _loss(adapter, encoded, state, seen)
    minimise(adapter, TuningDataset(encoded), state, TuningPhase("", 12, *rates, batch=4), Plan(4), lambda: None)
    assert _loss(adapter, encoded, state, seen) < before - 1e-3


def _weights(adapter: PipelineAdapter, learned: str):
    if learned == "low rank":
        return LowRank.beginning(adapter.network, 4, 0)
    return AllWeights.beginning(adapter.network) if learned == "all weights" else None


@torch.no_grad()
def _loss(adapter, encoded, state: TuningState, seen) -> float:
    if state.weights is None:
        return float(diffusion_loss(adapter, TuningDataset(encoded), state.conditioning, seen))
    with state.weights.worn(adapter.network):
        return float(diffusion_loss(adapter, TuningDataset(encoded), state.conditioning, seen))


def test_it_ends_early_when_the_picture_is_fitted(models: Models):
    adapter = models.get("sd15")
    encoded = adapter.encode_for_training(scene().picture.rgb, scene().mask)
    state = TuningState(adapter.condition(PROMPT), AllWeights.beginning(adapter.network))
    steps = []
    phase = TuningPhase("", 200, weights_rate=3e-2, batch=4, fitted=0.97)
    minimise(adapter, TuningDataset(encoded), state, phase, Plan(4), lambda: steps.append(state.step))
    assert 5 < len(steps) < 200
    assert state.loss < 0.97 * state.begun_at


# --- the cache --------------------------------------------------------------------------------


def state(value: float = 1.0) -> TuningState:
    return TuningState(
        Conditioning({"prompt_embeds": torch.full((1, 4, 8), value)}), AllWeights({"w": torch.full((64,), value)})
    )


def kept(cache: TuningCache, key: CacheKey) -> TuningState | None:
    found = cache.open(key, 0, torch.device("cpu"))
    return found[0] if found else None


def test_what_was_used_longest_ago_is_forgotten_first(tmp_path: Path):
    keys = [CacheKey(f"picture{number}", "words") for number in range(3)]
    TuningCache(tmp_path).write(keys[0], state(), 1.0, torch.float32)
    size = sum(path.stat().st_size for path in tmp_path.rglob("*.safetensors"))
    cache = TuningCache(tmp_path, largest=2 * size + 10)
    cache.write(keys[1], state(), 1.0, torch.float32)
    for path in tmp_path.rglob("*.safetensors"):
        _made_older(path, 100 if "picture1" in str(path) else 200)
    assert kept(cache, keys[0]) is not None
    cache.write(keys[2], state(), 1.0, torch.float32)
    assert [kept(cache, key) is not None for key in keys] == [True, False, True]
    assert not (tmp_path / "picture1").exists()


def _made_older(path: Path, seconds: float) -> None:
    import os

    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


def test_what_cannot_be_read_is_learned_anew(tmp_path: Path):
    cache, key = TuningCache(tmp_path), CacheKey("picture", "words")
    cache.write(key, state(), 0.5)
    (path,) = tmp_path.rglob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-100])
    assert kept(cache, key) is None
    assert cache.share(key) == 0.0
    cache.write(key, state(2.0), 1.0, torch.float32)
    found = kept(cache, key)
    assert found is not None
    assert float(found.conditioning.parts["prompt_embeds"].mean()) == 2.0


def test_what_the_disk_does_not_take_costs_the_edit_nothing(tmp_path: Path):
    cache, key = TuningCache(tmp_path / "learned"), CacheKey("picture", "words")
    (tmp_path / "learned").write_bytes(b"")
    cache.write(key, state(), 0.5)
    cache.see(key.picture, "content")
    assert cache.share(key) == 0.0
    (tmp_path / "learned").unlink()
    cache.write(key, state(), 0.5)
    cache.see(key.picture, "content")
    assert cache.share(key) == 0.5
    assert cache.seen("content") == key.picture


def test_what_is_complete_keeps_only_what_painting_needs(tmp_path: Path):
    cache, key = TuningCache(tmp_path), CacheKey("picture", "words")
    half = state()
    half.moments = {"exp_avg.weights.w": torch.zeros(64)}
    cache.write(key, half, 0.5)
    assert set(load_file(next(tmp_path.rglob("*.safetensors")))) == {
        "embeddings.prompt_embeds",
        "weights.w",
        "adam.exp_avg.weights.w",
    }
    cache.write(key, half, 1.0, torch.float16)
    assert set(load_file(next(tmp_path.rglob("*.safetensors")))) == {"embeddings.prompt_embeds", "weights.w"}


# --- the estimate --------------------------------------------------------------------------------


def test_an_estimate_knows_what_is_learned_already(models: Models, monkeypatch, nothing_learned):
    shortened(monkeypatch, 3)
    where = scene()

    def ask(**changed: object):
        layer = Raster(Bounds(0, 0, 64, 64), Channels.RGBA, Depth.U8)
        return estimate(
            Estimate("a" * 32, replace(recipe("sd15"), **changed), layer, None, where.content),  # type: ignore[arg-type]
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


def test_an_estimate_tells_of_the_small_addition_where_the_whole_model_does_not_fit(
    models: Models, monkeypatch, nothing_learned
):
    shortened(monkeypatch, 2)

    def refuse(*anything: object) -> AllWeights:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.20 GiB")

    monkeypatch.setattr(AllWeights, "beginning", refuse)
    layer = Raster(Bounds(0, 0, 64, 64), Channels.RGBA, Depth.U8)
    told = estimate(Estimate("a" * 32, recipe("sd15", "quality"), layer, None, scene().content), models)
    assert told.preset == "fast"
    assert told.tuning_s > 0
