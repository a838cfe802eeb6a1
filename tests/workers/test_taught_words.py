"""A job's prompt says taught words, whatever method does it; whose words, its owner decides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from server.journal import SpoolFiles
from server.methods.sdedit import sdedit
from server.models.runtime.residency import Models
from server.models.runtime.weights import LowRank
from server.models.store.loras import Lora, LoraStore
from server.models.store.store import ModelFolders
from server.models.store.taught import Taught
from server.wire.messages import Finished
from server.wire.raster import Channels, Depth
from server.wire.recipe import Recipe
from server.workers import job
from server.workers.speech import speaking
from tests.methods import tuning_desk
from tests.methods.tuning_desk import fingerprint
from tests.workers.test_job import ignore, request

pytestmark = pytest.mark.torch

WORN = "“rex” was painted as it was taught."


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return tuning_desk.models(("sd15",), tmp_path_factory.mktemp("models"))


@pytest.fixture
def loras(models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoraStore:
    monkeypatch.setattr(models, "lora_folder", tmp_path / "loras")
    return LoraStore(models.lora_folder)


def put(models: Models, loras: LoraStore, folder: Path, seed: int = 1) -> Lora:
    found = LowRank.beginning(models.get("sd15").network, 4, 0, ("to_q", "to_k", "to_v", "to_out")).plain()
    generator = torch.Generator().manual_seed(seed)
    learned = {f"unet.{name}": torch.randn(one.shape, generator=generator) / 2 for name, one in found.items()}
    save_file(learned, folder / "any.safetensors")
    return loras.put(folder / "any.safetensors", Lora("rex", "ohwx dog", "dog", Taught.SUBJECT, "sd15"))


def done(models: Models, folder: Path, prompt: str, guest: str = "") -> tuple[Finished, np.ndarray]:
    recipe = Recipe("sdedit", prompt, model="sd15", steps=2, seed=3, strength=1.0)
    submit = request(folder, Channels.RGBA, Depth.U8, recipe)
    finished = job.run(submit, SpoolFiles(folder), sdedit, models, ignore, guest)
    return finished, np.frombuffer((folder / "result-0").read_bytes(), np.uint8)


def test_the_answer_says_which_words_it_was_painted_with_and_keeps_what_was_written(models, loras, tmp_path: Path):
    put(models, loras, tmp_path)
    before = fingerprint(models.get("sd15").network)
    finished, worn = done(models, tmp_path, "rex:0.9 on a beach")
    assert WORN in finished.notices
    assert finished.recipe.prompt == "rex:0.9 on a beach"
    assert fingerprint(models.get("sd15").network) == before
    finished, bare = done(models, tmp_path, "a dog on a beach")
    assert WORN not in finished.notices
    assert not np.array_equal(worn, bare)


def test_a_guest_says_its_own_words_before_those_that_are_here_and_nobody_says_a_guests(models, loras, tmp_path: Path):
    guests = LoraStore.of(loras.root, "guest")
    put(models, guests, tmp_path, seed=2)
    assert WORN not in done(models, tmp_path, "rex")[0].notices
    assert WORN not in done(models, tmp_path, "rex", "another")[0].notices
    own = done(models, tmp_path, "rex", "guest")[1]
    put(models, loras, tmp_path)
    here = done(models, tmp_path, "rex")[1]
    assert np.array_equal(done(models, tmp_path, "rex", "another")[1], here)
    assert np.array_equal(done(models, tmp_path, "rex", "guest")[1], own)
    assert not np.array_equal(own, here)


def test_after_an_edit_that_failed_nothing_is_worn(models, loras, tmp_path: Path):
    put(models, loras, tmp_path)
    before = fingerprint(models.get("sd15").network)
    with pytest.raises(ArithmeticError), speaking(Recipe("x", "rex"), models):
        models.get("sd15")
        raise ArithmeticError
    assert fingerprint(models.get("sd15").network) == before


def test_a_method_that_loads_no_model_says_nothing_of_words(models, loras, tmp_path: Path):
    put(models, loras, tmp_path)
    with speaking(Recipe("erase", "rex"), ModelFolders(models.store)) as said:
        pass
    assert said() == ()
