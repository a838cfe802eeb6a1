"""Networks that segment, as tiny random models of the real classes: imported, chosen, and asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from server.models.families.family import Ability
from server.models.runtime.residency import Models
from server.models.runtime.segmenters import grounding_dino, sam3
from server.models.runtime.segmenters.segmenter import BoxFinder, Matting, Pointing, PointSegmenter, WordSegmenter
from server.models.store import catalogue
from server.models.store.hub import Hub
from server.models.store.pull import fetch
from server.models.store.store import ModelStore
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from tests import tiny_segmenters
from tests.models.loopback_hub import LoopbackHub

pytestmark = pytest.mark.torch

IMAGE = np.random.default_rng(0).random((48, 80, 3), np.float32)
ABILITIES = {
    "sam2": Ability.POINT,
    "sam3": Ability.NAME,
    "clipseg": Ability.NAME,
    "grounding-dino": Ability.NAME,
    "vitmatte": Ability.MATTE,
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    root = tmp_path_factory.mktemp("models")
    store = ModelStore(root / "models", bundled=root / "none")
    for name in tiny_segmenters.NAMES:
        tiny_segmenters.install(name, store, root)
    return Models(store)


@pytest.mark.parametrize("name", tiny_segmenters.NAMES)
def test_it_can_do_the_one_thing_and_paints_nothing(models: Models, name: str) -> None:
    assert models.store.card(name).abilities == {ABILITIES[name]}
    with pytest.raises(OverpaintError) as refused:
        models.choose(name, Ability.INPAINT)
    assert refused.value.code is Code.UNKNOWN_MODEL


@pytest.mark.parametrize("name", ["clipseg", "sam3"])
def test_what_words_name_is_found_in_the_pictures_own_size(models: Models, name: str, monkeypatch) -> None:
    monkeypatch.setattr(sam3, "SURE", 0.0)
    network = models.resident(name)
    assert isinstance(network, WordSegmenter)
    found = network.found(IMAGE, "a dog")
    assert found.shape == (48, 80)
    assert 0 <= found.min() < found.max() <= 1
    assert np.array_equal(found, network.found(IMAGE, "a dog"))
    assert not np.array_equal(found, network.found(IMAGE, "cat"))
    assert not np.array_equal(found, network.found(1 - IMAGE, "a dog"))


def test_nothing_is_found_where_sam_3_is_sure_of_nothing(models: Models, monkeypatch) -> None:
    monkeypatch.setattr(sam3, "SURE", 1.1)
    network = models.resident("sam3")
    assert isinstance(network, WordSegmenter)
    assert not network.found(IMAGE, "a dog").any()


def test_boxes_lie_in_the_picture_the_surest_first(models: Models, monkeypatch) -> None:
    monkeypatch.setattr(grounding_dino, "SURE", 0.0)
    network = models.resident("grounding-dino")
    assert isinstance(network, BoxFinder)
    boxes = network.boxes(IMAGE, "A dog. ")
    assert boxes
    assert all(Bounds(0, 0, 80, 48).contains(box) and not box.empty for box in boxes)
    monkeypatch.setattr(grounding_dino, "SURE", 1.1)
    assert network.boxes(IMAGE, "a dog") == ()


def test_points_in_and_out_and_a_box_change_what_is_outlined(models: Models) -> None:
    network = models.resident("sam2")
    assert isinstance(network, PointSegmenter)
    askings = (
        Pointing(((10.0, 10.0),)),
        Pointing(((60.0, 30.0),)),
        Pointing(((10.0, 10.0),), ((60.0, 30.0),)),
        Pointing(box=Bounds(5, 5, 40, 30)),
        Pointing(((10.0, 10.0),), box=Bounds(5, 5, 40, 30)),
    )
    outlines = [network.outline(IMAGE, asked) for asked in askings]
    assert all(outline.shape == (48, 80) and 0 <= outline.min() <= outline.max() <= 1 for outline in outlines)
    assert len({outline.tobytes() for outline in outlines}) == len(askings)


def test_a_picture_is_encoded_once_however_often_it_is_pointed_at(models: Models, monkeypatch) -> None:
    network = models.resident("sam2")
    assert isinstance(network, PointSegmenter)
    encoded = []
    encode = network._network.get_image_embeddings
    monkeypatch.setattr(network._network, "get_image_embeddings", lambda shown: (encoded.append(1), encode(shown))[1])
    other = IMAGE[::-1].copy()
    first = network.outline(other, Pointing(((10.0, 10.0),)))
    network.outline(other, Pointing(((10.0, 10.0), (20.0, 20.0))))
    assert np.array_equal(first, network.outline(other, Pointing(((10.0, 10.0),))))
    assert len(encoded) == 1
    network.outline(IMAGE, Pointing(((10.0, 10.0),)))
    assert len(encoded) == 2


@pytest.mark.parametrize("shape", [(48, 80), (33, 65), (1, 7)])
def test_a_matte_keeps_to_what_is_known(models: Models, shape: tuple[int, int]) -> None:
    network = models.resident("vitmatte")
    assert isinstance(network, Matting)
    trimap = np.full(shape, 0.5, np.float32)
    trimap[:, : shape[1] // 3], trimap[:, -(shape[1] // 3) :] = 1, 0
    alpha = network.matte(np.resize(IMAGE, (*shape, 3)), trimap)
    assert alpha.shape == shape
    assert 0 <= alpha.min() <= alpha.max() <= 1
    assert (alpha[trimap == 1] == 1).all()
    assert (alpha[trimap == 0] == 0).all()


def test_a_large_picture_is_matted_smaller(models: Models, monkeypatch) -> None:
    network = models.resident("vitmatte")
    assert isinstance(network, Matting)
    monkeypatch.setattr("server.models.runtime.segmenters.vitmatte.MOST", 1000)
    trimap = np.full((48, 80), 0.5, np.float32)
    trimap[:, :9] = 1
    alpha = network.matte(IMAGE, trimap)
    assert alpha.shape == (48, 80)
    assert (alpha[:, :9] == 1).all()


@pytest.mark.parametrize("name", ["clipseg", "sam2", "vitmatte"])
def test_it_is_fetched_as_its_makers_publish_it(tmp_path: Path, name: str) -> None:
    entry = next(entry for entry in catalogue.CATALOGUE if entry.family == name)
    published = tiny_segmenters.save(name, tmp_path / "published")
    store = ModelStore(tmp_path / "models", bundled=tmp_path / "none")
    with LoopbackHub(entry.repository, published) as hub:
        card = fetch(entry, store, Hub(hub.endpoint))
    assert card.abilities == {ABILITIES[name]}
    assert card.licence == entry.licence
    Models(store).resident(card.name)
