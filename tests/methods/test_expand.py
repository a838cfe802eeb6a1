"""A picture goes on beyond its borders: as its surroundings would, and by a model after words."""

from __future__ import annotations

import numpy as np
import pytest

from server.editing.edit import Answer, CancelledEdit, Scene, Step
from server.editing.results import NewCanvas
from server.methods import registry
from server.models.runtime.residency import Models
from server.models.store.store import ModelStore
from server.pixels.picture import F32, Picture
from server.wire import lengths, sides
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.recipe import Extra, Recipe


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """Of somebody who has installed nothing: only the model that comes with Overpaint."""
    return Models(ModelStore(tmp_path_factory.mktemp("models")))


def sky(height: int = 90, width: int = 120) -> F32:
    """Darker towards the top, with grain."""
    shade = np.linspace(0.3, 0.8, height, dtype=np.float32)[:, None, None]
    grain = np.random.default_rng(3).normal(0, 0.02, (height, width, 1)).astype(np.float32)
    return (shade * np.array((0.6, 0.8, 1.0), np.float32) + grain).clip(0, 1)


def scene(rgb: F32, alpha: F32 | None = None) -> Scene:
    everywhere = np.ones(rgb.shape[:2], np.float32)
    return Scene(Picture(rgb, everywhere if alpha is None else alpha), everywhere)


def made(
    where: Scene, models: Models, method: str = "expand", *, steps: list[Step] | None = None, **room: str
) -> Answer:
    extras = tuple(Extra(side, length) for side, length in room.items())
    recipe = Recipe(method, "a blue sky", seed=5, steps=2, extras=extras)
    report = (lambda _: None) if steps is None else steps.append
    return registry.method(method).load()(where, recipe, models, report)


def canvas(answer: Answer) -> tuple[Picture, int, int]:
    """What was painted, and where the picture lies in it."""
    assert isinstance(answer.result, NewCanvas)
    assert answer.result.scale == 1
    return answer.result.picture, -answer.result.x, -answer.result.y


@pytest.mark.parametrize(
    ("room", "size", "at"),
    [
        ({"right": "40"}, (90, 160), (0, 0)),
        ({"left": "25%", "top": "10 px"}, (100, 150), (30, 10)),
        ({"bottom": "1"}, (91, 120), (0, 0)),
        ({"right": "0.1%"}, (90, 121), (0, 0)),
        ({}, (90 + 2 * 22, 180), (30, 22)),
    ],
)
def test_it_grows_on_the_sides_and_as_far_as_was_said(
    models: Models, room: dict[str, str], size: tuple[int, int], at: tuple[int, int]
) -> None:
    """In pixels or in per cent of that side; where nothing is said, by a quarter all around."""
    picture, left, top = canvas(made(scene(sky()), models, **room))
    assert (picture.alpha.shape, (left, top)) == (size, at)
    inside = np.s_[top : top + 90, left : left + 120]
    assert not picture.alpha[inside].any()
    beyond = np.ones(size, bool)
    beyond[inside] = False
    assert (picture.alpha[beyond] == 1).all()


def test_a_sky_keeps_its_colours_height_by_height(models: Models) -> None:
    picture, *_ = canvas(made(scene(sky()), models, right="40"))
    rows = picture.rgb[:, 120:].mean(1)
    assert np.abs(rows - sky().mean(1)).max() < 0.05
    assert 0.7 < picture.rgb[:, 125:].std(1).mean() / sky().std(1).mean() < 1.3


def test_there_is_no_step_at_the_border(models: Models) -> None:
    picture, *_ = canvas(made(scene(sky()), models, right="40"))
    assert np.abs(picture.rgb[:, 120:123].mean((0, 1)) - sky()[:, -3:].mean((0, 1))).max() < 0.01


def test_the_same_seed_gives_the_same_picture(models: Models) -> None:
    first, again = (canvas(made(scene(sky()), models, left="20"))[0].rgb for _ in range(2))
    assert np.array_equal(first, again)


def test_beyond_a_transparent_border_nothing_is_painted(models: Models) -> None:
    alpha = np.ones((90, 120), np.float32)
    alpha[:45, 100:] = 0
    picture, *_ = canvas(made(scene(sky(), alpha), models, right="30"))
    assert not picture.alpha[:45].any()
    assert (picture.alpha[45:, 120:] == 1).all()


def test_where_the_layer_is_empty_along_all_those_sides_it_says_so(models: Models) -> None:
    alpha = np.ones((90, 120), np.float32)
    alpha[:, 100:] = 0
    with pytest.raises(OverpaintError, match="empty along those sides") as refused:
        made(scene(sky(), alpha), models, right="30")
    assert refused.value.code is Code.EMPTY_SELECTION


@pytest.mark.parametrize("method", ["expand", "outpaint"])
@pytest.mark.parametrize(
    ("room", "why"), [({"left": "0", "top": "0%"}, "No side"), ({"left": "16384", "right": "16384"}, "may have 32768")]
)
def test_what_cannot_be_is_refused_at_once(models: Models, method: str, room: dict[str, str], why: str) -> None:
    with pytest.raises(OverpaintError, match=why):
        made(scene(sky()), models, method, **room)


@pytest.mark.parametrize("shape", [(1, 1), (1, 60), (60, 1), (7, 5)])
def test_even_the_smallest_picture_goes_on(models: Models, shape: tuple[int, int]) -> None:
    picture, *_ = canvas(made(scene(np.full((*shape, 3), 0.5, np.float32)), models, left="9", bottom="100%"))
    assert np.abs(picture.rgb - 0.5).max() < 1e-3


def test_a_cancel_ends_it(models: Models) -> None:
    def report(step: Step) -> None:
        raise CancelledEdit

    with pytest.raises(CancelledEdit):
        registry.method("expand").load()(scene(sky()), Recipe("expand"), models, report)


@pytest.mark.torch
def test_a_model_paints_beyond_the_borders_and_meets_them_in_their_colours(models: Models) -> None:
    steps: list[Step] = []
    answer = made(scene(sky()), models, "outpaint", steps=steps, right="40")
    picture, *_ = canvas(answer)
    assert picture.rgb.shape == (90, 160, 3)
    assert not picture.alpha[:, :120].any() and (picture.alpha[:, 120:] == 1).all()
    assert np.abs(picture.rgb[:, 120].mean(0) - sky()[:, -3:].mean((0, 1))).max() < 0.02
    assert answer.recipe.model == "illustration"
    assert any(step.stage == "Painting" for step in steps)


# --- how far, as it is written ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "pixels"), [("200", 200), ("25%", 100), (" 12,5 % ", 50), ("3px", 3), ("0", 0), ("0.01%", 1)]
)
def test_a_length_is_pixels_or_a_share_of_the_side(text: str, pixels: int) -> None:
    length = lengths.read(text)
    assert length is not None
    assert (length.pixels(400), lengths.problem(text)) == (pixels, "")


@pytest.mark.parametrize("text", ["", "far", "-3", "1e3", "nan", "5 %%", "16385", "401%", "٣", "9" * 400, "1\n2"])
def test_anything_else_is_no_length(text: str) -> None:
    assert lengths.problem(text) == "pixels from 0 to 16384, or per cent from 0% to 400%"


def test_a_selection_beyond_the_canvas_says_how_far() -> None:
    page = Bounds(0, 0, 100, 80)
    assert sides.beyond(Bounds(-10, 20, 130, 30), page) == (Extra("left", "10"), Extra("right", "20"))
    for within in (Bounds(5, 5, 10, 10), page, Bounds(0, 0, 0, 0), Bounds(-(2**30), -(2**30), 2**31, 2**31)):
        assert sides.beyond(within, page) == ()
