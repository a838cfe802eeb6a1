"""The bundled model on the shelf and in every method: what it knows does not matter here, so it is untrained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from server.editing.edit import Answer, Scene, Step
from server.methods.inpaint import inpaint
from server.methods.sdedit import sdedit
from server.models.families.family import Ability
from server.models.runtime.adapter import Adapter
from server.models.runtime.residency import Models
from server.models.store.store import ModelStore
from server.pixels.picture import F32, Picture
from server.wire.errors import OverpaintError
from server.wire.geometry import Extent
from server.wire.recipe import Extra, Recipe
from tests import tiny_models
from tests.bundled import untrained
from tools.bundled_model.export import GUIDANCE, STEPS

pytestmark = pytest.mark.torch

KNOWN_WORDS = "man shrugging on white background"


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as ``server/models/bundled`` is."""
    root = tmp_path_factory.mktemp("bundled")
    untrained.put(root)
    return root


@pytest.fixture(scope="module")
def shelf(bundled: Path, tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """Of somebody who has installed nothing."""
    return ModelStore(tmp_path_factory.mktemp("own"), bundled=bundled)


@pytest.fixture(scope="module")
def models(shelf: ModelStore) -> Models:
    torch.set_num_threads(1)
    return Models(shelf)


def scene(width: int, height: int, rows: slice = slice(None), columns: slice = slice(None)) -> Scene:
    rgb = np.random.default_rng(7).random((height, width, 3), dtype=np.float32)
    mask = np.zeros((height, width), np.float32)
    mask[rows, columns] = 1
    return Scene(Picture(rgb, np.ones((height, width), np.float32)), mask)


def replaced(models: Models, where: Scene, words: str = KNOWN_WORDS, **more: object) -> Answer:
    return inpaint(where, Recipe("inpaint", words, seed=1, **more), models, lambda _: None)  # type: ignore[arg-type]


def test_without_any_other_model_it_is_the_default_for_words(models: Models) -> None:
    answer = replaced(models, scene(64, 64))
    assert answer.recipe.model == untrained.NAME
    assert (answer.recipe.steps, answer.recipe.guidance) == (STEPS, GUIDANCE)


def test_any_model_of_the_users_own_comes_first(bundled: Path, tmp_path: Path) -> None:
    own = ModelStore(tmp_path / "own", bundled=bundled)
    tiny_models.install("sd15", own, tmp_path)
    assert [card.name for card in own.cards()] == ["sd15", untrained.NAME]
    assert Models(own).choose("", Ability.INPAINT).name == "sd15"
    assert Models(own).choose("", Ability.REDRAW).name == "sd15"
    assert Models(own).choose(untrained.NAME, Ability.INPAINT).bundled


def test_it_says_what_it_is_and_cannot_be_removed(shelf: ModelStore) -> None:
    (card,) = shelf.cards()
    assert card.title == "Overpaint Illustration (built in; draws illustrations, not photographs)"
    with pytest.raises(OverpaintError, match="part of Overpaint"):
        shelf.remove(untrained.NAME)
    assert shelf.find(untrained.NAME).weights.is_dir()
    with pytest.raises(OverpaintError) as taken:
        shelf.folder_for(untrained.NAME)
    assert "remove" not in taken.value.hint


def test_only_what_lies_around_the_selection_is_painted(models: Models) -> None:
    where = scene(700, 500, slice(200, 248), slice(300, 360))
    image = replaced(models, where, steps=3).result.images[0]
    changed = (image != where.picture.rgb).any(-1)
    assert changed[200:248, 300:360].mean() > 0.99
    changed[184:264, 290:370] = False
    assert not changed.any()


def test_what_comes_back_is_four_times_as_fine_as_the_base(models: Models) -> None:
    adapter: Adapter = models.get(untrained.NAME)
    assert adapter.native == 64
    assert adapter.sizes(Extent(80, 80)).output == Extent(256, 256)
    assert replaced(models, scene(256, 256), steps=2).notices == ()
    (notice,) = replaced(models, scene(700, 500), steps=2).notices
    assert notice.startswith("Painted at 256 × 256 and enlarged to 700 × 700")


@pytest.mark.parametrize("width, height", [(1, 1), (61, 83), (300, 40)])
def test_words_become_a_whole_picture_of_any_size(models: Models, width: int, height: int) -> None:
    image = replaced(models, scene(width, height), steps=2).result.images[0]
    assert image.shape == (height, width, 3)
    assert 0 <= image.min() <= image.max() <= 1


def test_the_same_seed_gives_the_same_pixels(models: Models) -> None:
    first, again, other = (replaced(models, scene(64, 64), steps=2, variations=2).result.images for _ in range(3))
    assert all(np.array_equal(*pair) for pair in zip(first, again, strict=True))
    assert not np.allclose(first[0], other[1], atol=0.01)


def test_a_layer_is_redrawn_and_less_strength_keeps_more_of_it(models: Models) -> None:
    where = scene(128, 128)

    def redrawn(strength: float) -> F32:
        asked = Recipe("sdedit", KNOWN_WORDS, seed=1, steps=20, strength=strength)
        return sdedit(where, asked, models, lambda _: None).result.images[0]

    kept = [float(np.abs(redrawn(0.05) - redrawn(strength)).mean()) for strength in (0.1, 0.9)]
    assert kept[0] < kept[1]


def test_each_step_shows_the_close_up_in_its_place(models: Models) -> None:
    steps: list[Step] = []
    where = scene(512, 512, slice(0, 96), slice(0, 96))
    inpaint(
        where, Recipe("inpaint", KNOWN_WORDS, seed=1, steps=3, extras=(Extra("fit", "fill"),)), models, steps.append
    )
    previews = [step.preview for step in steps if step.stage == "Painting"]
    assert len(previews) == 3
    for preview in previews:
        assert preview is not None
        assert preview.shape == (256, 256, 3)
    assert np.array_equal(previews[0][64:], previews[-1][64:])
    assert not np.array_equal(previews[0][:64, :64], previews[-1][:64, :64])


def test_on_a_processor_its_half_precision_weights_run_in_single(models: Models) -> None:
    adapter = models.get(untrained.NAME)
    assert {weight.dtype for weight in adapter.pipe.unet.parameters()} == {torch.float32}  # type: ignore[attr-defined]


def test_words_it_was_never_taught_are_answered_with_the_nearest_it_knows(models: Models) -> None:
    answer = replaced(models, scene(64, 64), "an old steam engine", steps=1)
    (notice,) = (notice for notice in answer.notices if "never shown" in notice)
    assert "illustration model" in notice
    assert any(name in notice for name in untrained.KNOWN)
    assert replaced(models, scene(64, 64), steps=1).notices == ()
