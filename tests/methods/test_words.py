"""Select by words: with the built-in model on a drawing, and with tiny networks that know names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from server.editing.edit import CancelledEdit, Scene, Step
from server.methods.split import split
from server.methods.words import words
from server.models.runtime.residency import Models
from server.models.runtime.segmenters import grounding_dino, sam3
from server.models.store.store import ModelStore
from server.pixels.picture import Picture
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Recipe
from tests import tiny_models, tiny_segmenters

pytestmark = pytest.mark.torch

FRIENDS = Path(__file__).parents[1] / "pictures" / "illustrations" / "friends.png"
"""A woman on the left, a dog in the middle, a man on the right, on white."""


@pytest.fixture(scope="module")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return Models(ModelStore(tmp_path_factory.mktemp("shelf")))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Models:
    root = tmp_path_factory.mktemp("models")
    store = ModelStore(root / "models", bundled=root / "none")
    for name in ("clipseg", "sam3", "grounding-dino", "sam2"):
        tiny_segmenters.install(name, store, root)
    for name in ("sd15", "sd3"):
        tiny_models.install(name, store, root)
    return Models(store)


def friends() -> Scene:
    rgb = np.asarray(Image.open(FRIENDS).convert("RGB"), np.float32) / np.float32(255)
    everything = np.ones(rgb.shape[:2], np.float32)
    return Scene(Picture(rgb, everything), everything)


def noise(side: int = 64) -> Scene:
    everything = np.ones((side, side), np.float32)
    return Scene(Picture(np.random.default_rng(0).random((side, side, 3), np.float32), everything), everything)


def drawn(where: Scene, left: int, right: int) -> np.ndarray:
    """What is not white between these columns."""
    inside = (where.picture.rgb < 0.97).any(2)
    inside[:, :left] = inside[:, right:] = False
    return inside


def test_the_built_in_model_finds_the_one_that_is_named(built_in: Models) -> None:
    where = friends()
    answer = words(where, Recipe("words", "dog"), built_in, lambda _: None)
    found, truth = answer.result.mask >= 0.5, drawn(where, 214, 430)
    assert (found & truth).sum() / (found | truth).sum() > 0.8
    assert len(np.unique(answer.result.mask)) > 10  # a soft edge
    assert answer.recipe.model == "overpaint-illustration" or built_in.store.card(answer.recipe.model).bundled


def test_words_make_layers_of_that_name(built_in: Models) -> None:
    answer = split(friends(), Recipe("split", "dog, man"), built_in, lambda _: None)
    assert [layer.name for layer in answer.result.layers] == ["dog", "man"]
    assert [200 < layer.x < 300 for layer in answer.result.layers] == [True, False]


def test_without_words_all_that_stand_out_are_layers(built_in: Models) -> None:
    answer = split(friends(), Recipe("split"), built_in, lambda _: None)
    assert [layer.name for layer in answer.result.layers] == ["Object 1", "Object 2", "Object 3"]


def test_in_a_transparent_layer_it_is_what_hangs_together(built_in: Models) -> None:
    where = friends()
    alpha = (where.picture.rgb < 0.97).any(2).astype(np.float32)
    answer = split(Scene(Picture(where.picture.rgb, alpha), where.mask), Recipe("split"), built_in, lambda _: None)
    assert len(answer.result.layers) == 3


def test_it_can_be_cancelled_while_it_looks(built_in: Models) -> None:
    def report(step: Step) -> None:
        if step.stage == "Looking for what you named" and step.step:
            raise CancelledEdit

    with pytest.raises(CancelledEdit):
        words(friends(), Recipe("words", "dog"), built_in, report)


@pytest.mark.parametrize("name", ["clipseg", "sam3", "grounding-dino", "sd15", "sd3"])
def test_every_model_that_knows_names_answers_with_a_mask_or_says_that_there_is_nothing(
    tiny: Models, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for network in (sam3, grounding_dino):
        monkeypatch.setattr(network, "SURE", 0.0)
    try:
        answer = words(noise(), Recipe("words", "a cat", model=name), tiny, lambda _: None)
    except OverpaintError as error:
        assert error.code is Code.EMPTY_SELECTION
        assert "a cat" in error.sentence
        return
    assert answer.recipe.model == name
    assert answer.result.mask.shape == (64, 64)
    assert 0 <= answer.result.mask.min() <= answer.result.mask.max() <= 1


def test_one_that_can_do_nothing_else_is_taken_before_one_that_paints(tiny: Models) -> None:
    from server.models.families.family import Ability

    assert tiny.store.card(tiny.choose("", Ability.NAME).name).abilities == {Ability.NAME}
