"""How long a method that learns nothing takes here, before it is begun."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.methods import create, enlarge, inpaint, sdedit
from server.methods.compare import estimate as estimate_comparison
from server.models.runtime.residency import Models
from server.wire.geometry import Bounds
from server.wire.messages import Estimate
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Extra, Recipe
from tests.bundled import untrained
from tests.methods import tuning_desk

pytestmark = pytest.mark.torch

STEP, DECODE, TILE = 0.5, 3.0, 0.25
"""Seconds: of one sample through the denoiser, of what follows the last, of the piece that enlarging is timed with."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return tuning_desk.models(("sd15", untrained.NAME), tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps, decoding and tiles take as long as they are said to, however busy the machine is."""
    monkeypatch.setattr("server.tuning.estimate._seconds_to_paint", lambda *_: (2 * STEP, DECODE))
    monkeypatch.setattr("server.tuning.estimate.timed", lambda *_: TILE)


def question(recipe: Recipe, side: int = 64, *, selected: bool = False) -> Estimate:
    layer = Raster(Bounds(0, 0, side, side), Channels.RGBA, Depth.U8)
    return Estimate("a" * 32, recipe, layer, Depth.U8 if selected else None)


def asked(name: str, **settings: object) -> Recipe:
    return replace(Recipe(name, "a red hat", model="sd15", steps=20), **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", [sdedit, inpaint, create])
def test_each_step_counts_twice_with_guidance_and_nothing_is_learned(method, models: Models) -> None:
    told = method.estimate(question(asked(method.METHOD.name, strength=1.0)), models)
    assert (told.tuning_s, told.render_s, told.model, told.preset) == (0, 20 * 2 * STEP + DECODE, "sd15", "")
    assert told.memory_gb > 0


def test_what_begins_nearer_to_the_picture_is_sooner_done(models: Models) -> None:
    told = sdedit.estimate(question(asked("sdedit", strength=0.25)), models)
    assert told.render_s == 5 * 2 * STEP + DECODE


def test_a_larger_picture_takes_longer_to_enlarge(models: Models) -> None:
    recipe = Recipe("enlarge", model=untrained.NAME, extras=(Extra("scale", "2"),))
    small, large = (enlarge.estimate(question(recipe, side), models) for side in (64, 1024))
    assert small.render_s == TILE
    assert large.render_s > 256 * TILE, "tiles overlap"


def test_a_comparison_takes_as_long_as_all_of_it(models: Models) -> None:
    recipe = asked("compare", extras=(Extra("methods", "sdedit inpaint"),))
    alone, both = (estimate_comparison(question(recipe, selected=some), models) for some in (False, True))
    redrawn = sdedit.estimate(question(asked("sdedit")), models)
    replaced = inpaint.estimate(question(asked("inpaint")), models)
    assert alone.render_s == redrawn.render_s, "what needs a selection is not counted without one"
    assert both.render_s == redrawn.render_s + replaced.render_s
