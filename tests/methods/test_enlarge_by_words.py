"""Enlarging by a diffusion model: Stable Diffusion's ×4 upscaler, of the real class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from server.editing.edit import CancelledEdit, Scene, Step
from server.editing.results import NewCanvas, NewLayers
from server.methods import registry
from server.methods.enlarge import enlarge, estimate
from server.models.runtime.residency import Models
from server.models.store.store import ModelStore
from server.pixels.picture import F32, Picture
from server.wire.geometry import Bounds
from server.wire.messages import Estimate
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Extra, Recipe
from tests import tiny_models

pytestmark = pytest.mark.torch

NAME = "x4-upscaler"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("upscaler")
    store = ModelStore(folder / "store")
    tiny_models.install(NAME, store, folder)
    return Models(store)


def scene(height: int = 30, width: int = 45) -> Scene:
    """A gray ramp; its sides are no multiples of anything."""
    ramp = np.linspace(0.2, 0.8, width, dtype=np.float32)
    everywhere = np.ones((height, width), np.float32)
    return Scene(Picture(np.broadcast_to(ramp[None, :, None], (height, width, 3)).copy(), everywhere), everywhere)


def larger(models: Models, where: Scene, scale: str = "4", report=lambda _: None, **settings: object) -> F32:
    asked = {"prompt": "a red hat", "seed": 3, "steps": 2, **settings}
    recipe = Recipe("enlarge", model=NAME, extras=(Extra("scale", scale),), **asked)  # type: ignore[arg-type]
    answer = enlarge(where, recipe, models, report)
    assert isinstance(answer.result, NewCanvas)
    return answer.result.picture.rgb


@pytest.mark.parametrize(("scale", "times"), [("2", 2), ("4", 4)])
@pytest.mark.parametrize(("height", "width"), [(30, 45), (70, 150)])
def test_the_picture_is_so_many_times_larger_and_still_that_picture(models, scale, times, height, width) -> None:
    made = larger(models, scene(height, width), scale)
    assert made.shape == (times * height, times * width, 3)
    small = functional.interpolate(
        torch.from_numpy(made).permute(2, 0, 1)[None], size=(height, width), mode="bicubic", antialias=True
    )
    assert np.abs(small[0].permute(1, 2, 0).numpy() - scene(height, width).picture.rgb).mean() < 0.02


def test_words_and_seed_say_what_is_invented(models: Models) -> None:
    first = larger(models, scene())
    assert np.array_equal(larger(models, scene()), first)
    assert not np.array_equal(larger(models, scene(), seed=4), first)
    assert not np.array_equal(larger(models, scene(), prompt="a blue cat"), first)


def test_it_tells_the_steps_of_all_tiles_and_stops_when_asked(models: Models) -> None:
    steps: list[Step] = []
    larger(models, scene(70, 150), report=steps.append)
    shares = [step.step / step.of for step in steps if step.stage == "Enlarging"]
    assert shares == sorted(shares)
    assert (shares[-1], len(shares)) == (1, 2 * 2 * 3)

    def stop(step: Step) -> None:
        if step.stage == "Enlarging":
            raise CancelledEdit

    with pytest.raises(CancelledEdit):
        larger(models, scene(), report=stop)


def test_a_soft_outline_is_enlarged_as_it_is_and_nothing_is_invented_there(models: Models) -> None:
    ramp = np.tile(np.linspace(0, 1, 40, dtype=np.float32), (40, 1))
    recipe = Recipe("enlarge", model=NAME, seed=1, steps=1)
    answer = enlarge(Scene(scene(40, 40).picture, ramp), recipe, models, lambda _: None)
    assert isinstance(answer.result, NewLayers)
    alpha = answer.result.layers[0].picture.alpha[20]
    assert np.abs(np.diff(alpha[4:-4], 2)).max() < 0.01


def test_where_memory_is_short_it_is_shown_smaller_tiles(models: Models) -> None:
    model = models.resident(NAME)
    before = model.native
    assert model.reduce_memory()
    assert model.native == before // 2
    assert larger(models, scene()).shape == (120, 180, 3)
    assert not model.reduce_memory()
    models.unload()


def test_it_is_offered_and_its_estimate_counts_tiles_and_steps(models: Models) -> None:
    (offer,) = (offer for offer in registry.offers(models.store.cards()) if offer.name == "enlarge")
    assert offer.models == (NAME, "illustration")

    def seconds(side: int, steps: int) -> float:
        layer = Raster(Bounds(0, 0, side, side), Channels.RGBA, Depth.U8)
        asked = Recipe("enlarge", model=NAME, steps=steps)
        return estimate(Estimate("a" * 32, asked, layer, None, ""), models).render_s

    assert seconds(4 * tiny_models.SIDE, 40) > 4 * seconds(tiny_models.SIDE, 20) > 0


def test_an_estimate_counts_drawing_finer(models: Models, tmp_path: Path) -> None:
    tiny_models.install("sd15", models.store, tmp_path)
    layer = Raster(Bounds(0, 0, 64, 64), Channels.RGBA, Depth.U8)

    def seconds(refine: float) -> float:
        asked = Recipe("enlarge", model="illustration", steps=500, extras=(Extra("refine", str(refine)),))
        return estimate(Estimate("a" * 32, asked, layer, None, ""), models).render_s

    assert seconds(0.9) > 10 * seconds(0) > 0  # by far: nothing that a busy machine could turn round
