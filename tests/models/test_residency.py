"""Which models are in memory, and which leave when there is too little of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from server.models.families.family import Ability
from server.models.runtime import memory
from server.models.runtime.residency import Models
from server.models.store.store import ModelStore
from server.wire.errors import Code, OverpaintError
from tests import tiny_models

pytestmark = pytest.mark.torch

NAMES = ("sd15", "sd15-inpainting", "sd2")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    root = tmp_path_factory.mktemp("models")
    shelf = ModelStore(root / "shelf", bundled=root / "none")
    for name in NAMES:
        tiny_models.install(name, shelf, root)
    return shelf


@pytest.fixture
def room_for_two(shelf: ModelStore) -> Iterator[int]:
    """A budget that holds two of the three."""
    need = memory.needed(shelf.find("sd15"), torch.float32)
    yield need.whole + Models(shelf).get("sd15").nbytes + 1000


def test_a_model_is_loaded_once_and_said_so(shelf: ModelStore) -> None:
    said: list[str] = []
    models = Models(shelf)
    first = models.get("sd15", lambda: said.append("loading"))
    assert models.get("sd15", lambda: said.append("loading")) is first
    assert said == ["loading"]


def test_the_one_used_longest_ago_leaves_first(shelf: ModelStore, room_for_two: int) -> None:
    models = Models(shelf, budget=room_for_two)
    models.get("sd15")
    models.get("sd15-inpainting")
    models.get("sd15")
    models.get("sd2")
    assert models.loaded == ("sd15", "sd2")


def test_all_stay_where_there_is_room(shelf: ModelStore) -> None:
    models = Models(shelf)
    for name in NAMES:
        models.get(name)
    assert models.loaded == NAMES


def test_a_model_that_can_never_fit_says_what_it_needs(shelf: ModelStore) -> None:
    models = Models(shelf, budget=1000)
    with pytest.raises(OverpaintError) as caught:
        models.get("sd15")
    assert caught.value.code is Code.OUT_OF_MEMORY
    assert "needs about 0.3 GB" in caught.value.sentence
    assert models.loaded == ()


def test_unloading_frees_all(shelf: ModelStore) -> None:
    models = Models(shelf)
    models.get("sd15")
    models.unload()
    assert models.loaded == ()


def test_what_a_model_takes_is_counted_from_its_files(shelf: ModelStore) -> None:
    model = shelf.find("sd15")
    adapter = Models(shelf).get("sd15")
    need = memory.needed(model, torch.float32)
    assert need.parts.keys() == {"unet", "vae", "text_encoder"}
    assert sum(need.parts.values()) == pytest.approx(adapter.nbytes, rel=0.01)
    assert memory.needed(model, torch.float16).whole < need.whole


def test_a_model_whose_largest_part_does_not_fit_is_not_tried_in_parts(shelf: ModelStore) -> None:
    largest = memory.needed(shelf.find("sd15"), torch.float16).largest
    with pytest.raises(OverpaintError) as caught:
        Models(shelf, device="meta", budget=largest - 1).get("sd15")
    assert caught.value.code is Code.OUT_OF_MEMORY


def test_this_machine_has_some_memory_free() -> None:
    assert memory.free(torch.device("cpu")) > 1 << 20


def test_a_model_that_cannot_do_it_is_refused(shelf: ModelStore, tmp_path: Path) -> None:
    assert Models(shelf).choose("sd2", Ability.REDRAW).name == "sd2"
    with pytest.raises(OverpaintError) as caught:
        Models(ModelStore(tmp_path, bundled=tmp_path)).choose("", Ability.INPAINT)
    assert caught.value.code is Code.MODEL_MISSING
