"""Enlarging by the shipped network: a whole picture, and what is selected of one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from server.editing import refining
from server.editing.edit import Answer, CancelledEdit, Scene, Step
from server.editing.results import NewCanvas, NewLayers
from server.methods import registry
from server.methods.enlarge import enlarge
from server.models.runtime.residency import Models
from server.models.store.store import ModelStore
from server.pixels.picture import F32, Picture
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Extra, Recipe
from tests import tiny_models

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """Of somebody who has installed nothing: only the model that comes with Overpaint."""
    torch.set_num_threads(1)
    return Models(ModelStore(tmp_path_factory.mktemp("models")))


def scene(mask: F32 | None = None, alpha: F32 | None = None, side: int = 40) -> Scene:
    """A blue picture with a yellow disc."""
    y, x = np.indices((side, side))
    disc = np.hypot(y - side / 2, x - side / 2) < side / 4
    rgb = np.where(disc[..., None], (0.9, 0.8, 0.1), (0.1, 0.2, 0.6)).astype(np.float32)
    everywhere = np.ones((side, side), np.float32)
    return Scene(Picture(rgb, everywhere if alpha is None else alpha), everywhere if mask is None else mask)


def made(models: Models, where: Scene, scale: str = "", steps: list[Step] | None = None) -> Answer:
    recipe = Recipe("enlarge", extras=(Extra("scale", scale),) if scale else ())
    return enlarge(where, recipe, models, (lambda _: None) if steps is None else steps.append)


@pytest.mark.parametrize(("scale", "times"), [("", 2), ("2", 2), ("4", 4)])
def test_the_document_grows_with_the_picture(models: Models, scale: str, times: int) -> None:
    answer = made(models, scene(), scale)
    assert isinstance(answer.result, NewCanvas)
    assert (answer.result.scale, answer.result.x, answer.result.y) == (times, 0, 0)
    assert answer.result.picture.rgb.shape == (40 * times, 40 * times, 3)
    assert (answer.result.picture.alpha == 1).all()
    assert answer.recipe.model == "illustration"


def test_edges_are_crisp(models: Models) -> None:
    """From inside the disc to outside within three pixels of the larger picture; by resampling it takes eight."""
    row = made(models, scene(), "4").result.picture.rgb[80, :, 0]
    between = (row > 0.2) & (row < 0.8)
    assert between.sum() <= 2 * 3


def test_what_is_selected_becomes_a_larger_layer_over_its_middle(models: Models) -> None:
    mask = np.zeros((40, 40), np.float32)
    mask[8:28, 4:34] = 1
    answer = made(models, scene(mask), "2")
    assert isinstance(answer.result, NewLayers)
    (layer,) = answer.result.layers
    assert layer.picture.rgb.shape == (40, 60, 3)
    assert (layer.x, layer.y) == (4 - 15, 8 - 10)
    assert (layer.picture.alpha == 1).all()


def test_a_soft_selection_gives_a_soft_outline(models: Models) -> None:
    ramp = np.tile(np.linspace(0, 1, 40, dtype=np.float32), (40, 1))
    (layer,) = made(models, scene(ramp), "2").result.layers
    inside = layer.picture.alpha[20]
    assert (np.diff(inside[4:-4]) > 0).mean() > 0.95
    assert np.abs(inside[4:-4] - np.linspace(inside[4], inside[-5], len(inside) - 8)).max() < 0.03


def test_hidden_colours_do_not_show_at_the_outline(models: Models) -> None:
    """The colours of transparent pixels are whatever a program left there: here a garish green."""
    where = scene()
    alpha = (where.picture.rgb[..., 0] > 0.5).astype(np.float32)
    garish = np.where(alpha[..., None] > 0, where.picture.rgb, np.array((0, 1, 0), np.float32)).astype(np.float32)
    larger = made(models, Scene(Picture(garish, alpha), where.mask), "4").result.picture
    seen = larger.alpha > 0.05
    assert np.abs(larger.rgb[seen] - (0.9, 0.8, 0.1)).max() < 0.05
    assert 0.9 < seen.mean() / alpha.mean() < 1.2


def test_it_says_how_far_it_is_and_stops_when_asked(models: Models) -> None:
    steps: list[Step] = []
    made(models, scene(side=300), "2", steps)
    assert [(step.stage, step.step, step.of) for step in steps][-4:] == [("Enlarging", n, 4) for n in range(4)]

    def stop(step: Step) -> None:
        if step.step == 1:
            raise CancelledEdit

    with pytest.raises(CancelledEdit):
        enlarge(scene(side=300), Recipe("enlarge"), models, stop)


def test_a_model_that_cannot_enlarge_is_refused_with_those_that_can(models: Models, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "store")
    card = tiny_models.install("sd15", store, tmp_path)
    with pytest.raises(OverpaintError) as caught:
        enlarge(scene(), Recipe("enlarge", model=card.name), Models(store), lambda _: None)
    assert caught.value.code is Code.UNKNOWN_MODEL
    assert "illustration" in caught.value.hint


def test_it_is_offered_with_the_models_that_have_a_network_for_it(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "store")
    tiny_models.install("sd15", store, tmp_path)
    (offer,) = (offer for offer in registry.offers(store.cards()) if offer.name == "enlarge")
    assert (offer.ready, offer.models) == (True, ("illustration",))


@pytest.fixture(scope="module")
def with_a_painter(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """A model is installed that can draw finer."""
    folder = tmp_path_factory.mktemp("painter")
    store = ModelStore(folder / "store")
    tiny_models.install("sd15", store, folder)
    return Models(store)


def finer(models: Models, where: Scene, share: float, report=lambda _: None, **settings: object) -> Answer:
    extras = (Extra("scale", "2"), Extra("refine", str(share)))
    asked = {"prompt": "a red hat", "seed": 3, "steps": 4, **settings}
    return enlarge(where, Recipe("enlarge", extras=extras, **asked), models, report)  # type: ignore[arg-type]


def test_drawn_finer_it_is_still_that_picture_made_larger(with_a_painter: Models) -> None:
    where = scene(side=96)
    plain, fine = (finer(with_a_painter, where, share).result.picture.rgb for share in (0, 0.5))
    assert np.abs(fine - plain).max() > 0.05
    small = torch.nn.functional.interpolate(
        torch.from_numpy(fine).permute(2, 0, 1)[None], size=(96, 96), mode="bicubic", antialias=True
    )[0].permute(1, 2, 0)
    assert np.abs(small.numpy() - where.picture.rgb).mean() < 0.01


def test_the_words_and_the_seed_say_how_it_is_drawn(with_a_painter: Models) -> None:
    def drawn(**settings: object) -> F32:
        return finer(with_a_painter, scene(), 0.5, **settings).result.picture.rgb

    first = drawn()
    assert np.array_equal(drawn(), first)
    assert not np.array_equal(drawn(seed=4), first)
    assert not np.array_equal(drawn(prompt="a blue cat"), first)


def test_drawing_finer_tells_how_far_it_is_over_all_tiles_and_stops_when_asked(with_a_painter: Models) -> None:
    steps: list[Step] = []
    finer(with_a_painter, scene(side=96), 0.5, steps.append)
    drawn = [step.step / step.of for step in steps if step.stage == "Drawing finer"]
    assert drawn == sorted(drawn)
    assert drawn[-1] == 1
    assert len(drawn) > 4

    def stop(step: Step) -> None:
        if step.stage == "Drawing finer":
            raise CancelledEdit

    with pytest.raises(CancelledEdit):
        finer(with_a_painter, scene(), 0.5, stop)


def test_with_nothing_but_the_built_in_model_drawing_finer_says_what_is_missing(models: Models) -> None:
    with pytest.raises(OverpaintError) as caught:
        finer(models, scene(), 0.5)
    assert caught.value.code is Code.MODEL_MISSING


@pytest.mark.parametrize(("height", "width"), [(40, 40), (64, 64), (100, 64), (113, 300), (65, 200)])
def test_tiles_cover_all_of_it_and_join_what_is_done(height: int, width: int) -> None:
    done = np.zeros((height, width), bool)
    for tile in refining.tiles_of(height, width, 64):
        here = done[tile.bounds.slices]
        assert max(here.shape) <= 64
        assert (tile.change[~here] == 1).all(), "what nobody has drawn is drawn"
        if here.any():
            assert tile.change[here].min() < 0.05, "it begins with what is there"
        here[...] = True
    assert done.all()


def test_between_tiles_there_is_no_seam() -> None:
    """Each tile is drawn in a gray of its own: nowhere is a step that one could see."""
    grays = iter(np.linspace(0.2, 0.8, 16))

    def draw(image: F32, change: F32, number: int, of: int) -> F32:
        return np.full_like(image, next(grays))

    picture = np.full((100, 100, 3), 0.5, np.float32)
    drawn = np.full((200, 200, 3), 0.5, np.float32)
    for number, tile in enumerate(refining.tiles_of(200, 200, 64)):
        here, change = drawn[tile.bounds.slices], tile.change[..., None]
        here[...] = here * (1 - change) + draw(here, tile.change, number, 16) * change
    assert max(np.abs(np.diff(drawn, axis=axis)).max() for axis in (0, 1)) < 0.6 / 12
    grays = iter(np.linspace(0.2, 0.8, 16))
    assert refining.refine(np.repeat(np.repeat(picture, 2, 0), 2, 1), picture, 64, draw).shape == (200, 200, 3)
