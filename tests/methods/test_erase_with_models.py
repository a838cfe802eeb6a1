"""LaMa and MI-GAN in .onnx files: recognised, imported, run by OpenCV, and pasted into the hole alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from server.editing.edit import Scene, Step
from server.methods import registry
from server.methods.erasing.erase import erase
from server.models.families.families import Ability
from server.models.headers.onnx import inputs
from server.models.inpainting_networks.network import InpaintingNetwork
from server.models.store import sniff
from server.models.store.import_model import import_model
from server.models.store.store import ModelFolders, ModelStore
from server.pixels.picture import Picture
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Recipe
from tests import onnx_file

NO_MODELS = None
"""Erasing asks for none of those that need torch."""


def family_of(path: Path) -> str:
    return sniff.sniff(sniff.read(path)).family


def picture(height: int, width: int) -> np.ndarray:
    y, x = np.indices((height, width))
    return np.stack([x / width, y / height, 0.5 + 0 * x], 2).astype(np.float32)


def hole(height: int, width: int) -> np.ndarray:
    mask = np.zeros((height, width), bool)
    mask[height // 3 : height // 2, width // 3 : width // 2] = True
    return mask


def test_the_kind_of_model_is_read_from_its_inputs(tmp_path: Path) -> None:
    assert family_of(onnx_file.lama(tmp_path / "a.onnx", 0.5)) == "lama"
    assert family_of(onnx_file.migan(tmp_path / "b.onnx")) == "mi-gan"
    assert family_of(onnx_file.migan(tmp_path / "c.onnx", "side")) == "mi-gan"
    assert [entry.name for entry in inputs(tmp_path / "a.onnx")] == ["image", "mask"]


def test_a_model_of_another_size_is_refused_with_what_would_do(tmp_path: Path) -> None:
    with pytest.raises(OverpaintError) as raised:
        family_of(onnx_file.migan(tmp_path / "small.onnx", 256))
    assert raised.value.code is Code.BAD_REQUEST
    assert "MI-GAN" in raised.value.sentence
    assert "512 × 512" in raised.value.hint


@pytest.mark.parametrize("content", [b"", b"\x80", b"PK\x03\x04 a zip", b"\x3a\xff\xff\xff\xff\x0f", bytes(40)])
def test_a_file_that_is_no_onnx_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(content)
    with pytest.raises(OverpaintError) as raised:
        family_of(path)
    assert raised.value.code is Code.BAD_REQUEST


@pytest.mark.parametrize("size", [(512, 512), (40, 300), (900, 700), (1, 3)])
@pytest.mark.parametrize("unit", [255, 1])
def test_lama_paints_the_hole_and_nothing_else(tmp_path: Path, size: tuple[int, int], unit: float) -> None:
    image, mask = picture(*size), hole(*size)
    mask[0, 0] = True
    answer = InpaintingNetwork(onnx_file.lama(tmp_path / "lama.onnx", 0.25, unit), "lama").fill(image, mask)
    assert np.array_equal(answer[~mask], image[~mask])
    inner = mask & np.roll(mask, 4, 0) & np.roll(mask, -4, 0) & np.roll(mask, 4, 1) & np.roll(mask, -4, 1)
    assert np.allclose(answer[inner], 0.25, atol=0.02)


def test_migan_is_given_the_erased_picture_between_minus_one_and_one(tmp_path: Path) -> None:
    image, mask = picture(512, 512), hole(512, 512)
    answer = InpaintingNetwork(onnx_file.migan(tmp_path / "m.onnx"), "mi-gan").fill(image, mask)
    assert np.array_equal(answer[~mask], image[~mask])
    assert np.allclose(answer[mask], 0.5, atol=1e-5)


def test_an_imported_onnx_model_is_on_the_shelf_for_erasing_only(tmp_path: Path) -> None:
    shelf = ModelStore(tmp_path / "shelf", bundled=tmp_path / "none")
    card = import_model(onnx_file.lama(tmp_path / "Big LaMa.onnx", 0.5), shelf)
    assert (card.name, card.family, card.abilities) == ("big-lama", "lama", frozenset({Ability.ERASE}))
    assert shelf.find("big-lama").weights.is_file()


def test_erase_offers_and_uses_the_model_that_the_recipe_names(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "shelf", bundled=tmp_path / "none")
    import_model(onnx_file.lama(tmp_path / "lama.onnx", 0.25), store)
    assert {offer.name: offer.models for offer in registry.offers(store.cards())}["erase"] == ("lama",)
    image, mask = picture(200, 300), hole(200, 300)
    scene = Scene(Picture(image, np.ones((200, 300), np.float32)), mask.astype(np.float32))
    steps: list[Step] = []
    answer = erase(scene, Recipe("erase", model="lama", variations=3), ModelFolders(store), steps.append)
    assert np.allclose(answer.result.images[0][mask], 0.25, atol=1e-3)
    assert np.array_equal(answer.result.images[0][~mask], image[~mask])
    assert (len(answer.result.images), answer.recipe.variations, answer.recipe.model) == (1, 1, "lama")
    assert steps[-1].step == steps[-1].of
