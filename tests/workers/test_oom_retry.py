"""Running out of memory in the middle of an edit: less is tried, then what would fit is named."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import zmq

from server.editing.edit import Answer, Scene, Step
from server.methods.inpaint import inpaint
from server.models.runtime.residency import Models
from server.models.store.store import ModelStore
from server.pixels.picture import Picture
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Extent
from server.wire.recipe import Recipe
from server.workers import link, oom
from server.workers.local_runner import LocalRunner
from server.workers.oom_retry import AGAIN, refused, retried_with_less_memory, tried
from server.workers.runner import RunnerOptions
from tests import tiny_models
from tests.running import until

pytestmark = pytest.mark.torch

SIDE = 64
SIZE = Extent(SIDE, SIDE)


@pytest.fixture
def shelf(tmp_path: Path) -> ModelStore:
    shelf = ModelStore(tmp_path / "shelf", bundled=tmp_path / "none")
    for family in ("sd15", "sd2"):
        tiny_models.install(family, shelf, tmp_path)
    return shelf


def small_device(models: Models, name: str, latents: int) -> list[int]:
    """The autoencoder's decoder fails as on a device that has no room for more than so many latent pixels at once. The
    list fills with what it was asked for."""
    asked: list[int] = []

    def look(_module: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        asked.append(given[0].shape[-1] * given[0].shape[-2])
        if asked[-1] > latents:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 40.00 GiB.")

    models.get(name).pipe.vae.decoder.register_forward_pre_hook(look)  # type: ignore[attr-defined]
    return asked


def edit(models: Models, steps: list[Step], model: str = "sd15") -> Answer:
    rgb = np.random.default_rng(7).random((SIDE, SIDE, 3), dtype=np.float32)
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[16:48, 16:48] = 1
    scene = Scene(Picture(rgb, np.ones((SIDE, SIDE), np.float32)), mask)
    asked = Recipe("inpaint", prompt="a hat", model=model, seed=1, steps=2)
    return retried_with_less_memory(lambda: inpaint(scene, asked, models, steps.append), models, steps.append, SIZE)


def test_an_edit_too_large_at_once_is_done_in_tiles(shelf: ModelStore) -> None:
    models, steps = Models(shelf), list[Step]()
    asked = small_device(models, "sd15", latents=16)
    (image,) = edit(models, steps).result.images
    assert image.shape == (SIDE, SIDE, 3)
    assert [(step.step, step.of) for step in steps if step.stage == AGAIN] == [(0, 0)]
    assert asked[0] == 64
    assert max(asked[1:]) <= 16


def test_the_next_edit_begins_with_what_was_learned(shelf: ModelStore) -> None:
    models, steps = Models(shelf), list[Step]()
    small_device(models, "sd15", latents=16)
    edit(models, [])
    edit(models, steps)
    assert AGAIN not in [step.stage for step in steps]


def test_other_models_leave_first(shelf: ModelStore) -> None:
    models, steps = Models(shelf), list[Step]()
    models.get("sd2")
    small_device(models, "sd15", latents=16)
    edit(models, steps)
    assert models.loaded == ("sd15",)
    assert [step.stage for step in steps].count(AGAIN) == 2


def test_what_can_never_fit_is_refused_with_what_would(shelf: ModelStore) -> None:
    models, steps = Models(shelf), list[Step]()
    small_device(models, "sd15", latents=1)
    with pytest.raises(OverpaintError) as caught:
        edit(models, steps)
    assert caught.value.code is Code.OUT_OF_MEMORY
    assert "64 × 64 pixels needs" in caught.value.sentence
    assert [step.stage for step in steps].count(AGAIN) == 1


def test_at_last_a_model_paints_fewer_pixels(shelf: ModelStore) -> None:
    models = Models(shelf)
    adapter: Any = models.get("sd15")
    adapter.native = 1024
    wanted = Extent(2000, 1500)
    painted = [adapter.sizes(wanted).working.pixels]
    while models.reduce_memory():
        painted.append(adapter.sizes(wanted).working.pixels)
    assert painted[0] == painted[1] > 3 * painted[2] > 9 * painted[3]
    assert len(painted) == 4


def test_another_error_passes_at_once(shelf: ModelStore) -> None:
    models = Models(shelf)
    with pytest.raises(ZeroDivisionError):
        retried_with_less_memory(lambda: 1 // 0, models, lambda step: None, SIZE)


def test_a_worker_with_low_memory_loads_models_with_the_first_measure_taken(shelf: ModelStore) -> None:
    models = Models(shelf)
    models.low_memory = True
    adapter: Any = models.get("sd15")
    assert adapter.pipe.vae.use_tiling


@pytest.mark.parametrize(
    ("words", "nbytes"),
    [
        ("CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has …", 2.5 * 2**30),
        ("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4294967296 bytes. Error code 12", 2**32),
        ("Unable to allocate 8.00 EiB for an array with shape (1152921504606846976,)", 2**63),
        ("Failed to allocate 31457280 bytes", 31457280),
        ("out of memory", 0),
    ],
)
def test_errors_say_how_much_was_wanted(words: str, nbytes: float) -> None:
    assert tried(words) == nbytes


@pytest.mark.parametrize(
    ("room", "need", "words"),
    [
        (4_000_000_000, 16_000_000_000, ("needs about 16.0 GB", "4.0 GB are free", "About 912 × 456 pixels would fit")),
        (4_000_000_000, 1_000_000_000, ("needs more than 4.0 GB", "", "About 1288 × 640 pixels would fit")),
        (1_000_000, 16_000_000_000, ("needs about 16.0 GB", "0.0 GB are free", "Use a smaller model")),
    ],
)
def test_a_refusal_names_what_would_fit(room: int, need: int, words: tuple[str, str, str]) -> None:
    error = refused(Extent(2048, 1024), room, need)
    assert words[0] in error.sentence
    assert words[1] in error.sentence
    assert words[2] in error.hint


# --- the system ends the worker -------------------------------------------------------------------


def test_a_worker_offers_itself_where_the_system_has_to_end_something(home: Path) -> None:
    with pooled(home) as runner:
        score = Path(f"/proc/{runner.workers[0].pid}/oom_score_adj")
        if score.exists():
            until(lambda: int(score.read_text()) > 0, "the worker's wish")


@pytest.mark.parametrize(("counted", "oom_killed"), [(0, False), (1, True)])
def test_a_death_for_want_of_memory_is_told_from_others(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: int, oom_killed: bool
) -> None:
    statistics = tmp_path / "vmstat"
    statistics.write_text("pgfault 1\noom_kill 5\n")
    monkeypatch.setattr(oom, "_STATISTICS", statistics)
    with pooled(home) as runner:
        statistics.write_text(f"pgfault 1\noom_kill {5 + counted}\n")
        assert runner.workers[0].pid is not None
        os.kill(runner.workers[0].pid, signal.SIGKILL)
        assert hear(runner, link.Died) == link.Died(-signal.SIGKILL, "status -9", "", oom_killed)


class pooled:  # noqa: N801 - a context manager reads as a verb
    def __init__(self, home: Path) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._runner = LocalRunner(RunnerOptions(self._context, home, "cpu"))

    def __enter__(self) -> LocalRunner:
        hear(self._runner, link.Ready)
        return self._runner

    def __exit__(self, *_: object) -> None:
        self._runner.close()
        self._context.destroy(linger=0)


def hear(runner: LocalRunner, kind: type) -> object:
    found: list[object] = []

    def look() -> bool:
        runner.tick(time.monotonic())
        found.extend(note for _, note, _ in runner.reports() if isinstance(note, kind))
        return bool(found)

    until(look, kind.__name__)
    return found[0]
