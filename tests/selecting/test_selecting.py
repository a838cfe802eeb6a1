"""What is found of what was pointed at, without any model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from server.editing.edit import Answer, Scene
from server.methods import registry
from server.models.runtime.residency import Models
from server.models.store.store import ModelFolders, ModelStore
from server.pixels.masks import Region
from server.pixels.picture import F32, Picture
from server.selecting import looked
from server.selecting.drawn import drawn_as
from server.selecting.offline import OfflineEngine
from server.selecting.prompts import Drawn
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Click, Extra, Recipe
from tests.selecting.pictures import HEIGHT, MIDDLE, RADIUS, WIDTH, ball, box, disc, ground, opaque, overlap, scene

NO_MODELS = cast(Models, ModelFolders(ModelStore(Path("none"), bundled=Path("none"))))

AROUND_IT = box(52, 24, 128, 97)
SCRIBBLE = box(70, 50, 110, 54) | box(88, 50, 92, 84)


def found(method: str, where: Scene, *extras: Extra) -> F32:
    edit = registry.method(method).load()
    answer: Answer[Any] = edit(where, Recipe(method, extras=extras), NO_MODELS, lambda step: None)
    return cast(F32, answer.result.mask)


@pytest.mark.parametrize("drawn", [AROUND_IT, disc(38) > 0, SCRIBBLE], ids=["box", "lasso", "scribble"])
def test_a_rough_selection_becomes_the_outline_of_the_thing_under_it(drawn: Region) -> None:
    assert overlap(found("snap", scene(ball(), drawn)), disc()) > 0.95


def test_its_edge_is_as_soft_as_the_things_own() -> None:
    mask = found("snap", scene(ball(), AROUND_IT))
    hard = (mask >= 0.5).astype(np.float32)
    assert np.abs(mask - disc()).sum() < 0.5 * np.abs(hard - disc()).sum()


@pytest.mark.parametrize(
    "picture", [opaque(np.full((HEIGHT, WIDTH, 3), 0.6)), opaque(ground())], ids=["plain", "meadow"]
)
def test_where_nothing_is_that_is_said_and_what_was_drawn_stays(picture: Picture) -> None:
    with pytest.raises(OverpaintError) as raised:
        found("snap", scene(picture, AROUND_IT))
    assert raised.value.code is Code.EMPTY_SELECTION
    assert "stays as you drew it" in raised.value.hint


def test_a_person_may_say_how_it_was_drawn() -> None:
    """A large square within the thing is taken for a box around something, unless one says that it lies on it."""
    square = box(76, 46, 104, 74)
    assert drawn_as(square, Drawn.AUTO) is Drawn.AROUND
    assert overlap(found("snap", scene(ball(), square), Extra("drawn", "on it")), disc()) > 0.9


def test_lines_are_scribbles_and_areas_go_around() -> None:
    assert drawn_as(SCRIBBLE, Drawn.AUTO) is Drawn.ON
    assert [drawn_as(one, Drawn.AUTO) for one in (AROUND_IT, disc(38) > 0)] == [Drawn.AROUND] * 2
    assert drawn_as(AROUND_IT, Drawn.ON) is Drawn.ON


def test_a_click_selects_what_lies_there_and_further_ones_refine_it() -> None:
    red, white, meadow = Click(MIDDLE[0], 45), Click(MIDDLE[0], 80), Click(20, 20)
    both = found("click", scene(ball(), points=(red, white)))
    assert overlap(both, disc()) > 0.95
    without = found("click", scene(ball(), points=(red, replace(white, wanted=False))))
    assert without[80, MIDDLE[0]] == 0
    assert without[45, MIDDLE[0]] == 1
    assert overlap(found("click", scene(ball(), points=(red, white, replace(meadow, wanted=False)))), disc()) > 0.95


def test_each_part_of_a_selection_is_a_click() -> None:
    drawn = box(86, 40, 92, 46) | box(86, 77, 92, 83)
    assert overlap(found("click", scene(ball(), drawn)), disc()) > 0.95


def test_a_click_beside_the_picture_is_refused() -> None:
    with pytest.raises(OverpaintError, match="No point lies in the picture"):
        found("click", scene(ball()))


def test_the_subject_and_what_is_behind_it_are_each_others_complement() -> None:
    subject, behind = (found(method, scene(ball())) for method in ("subject", "background"))
    assert overlap(subject, disc()) > 0.95
    np.testing.assert_allclose(behind, 1 - subject, atol=1e-6)


def test_nothing_transparent_is_selected() -> None:
    alone = Picture(ball().rgb, (disc() > 0).astype(np.float32))
    mask = found("background", scene(Picture(alone.rgb, np.maximum(alone.alpha, box(0, 0, 60, HEIGHT)))))
    assert mask[:, 125:].max() == 0


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 90), (7, 7)])
@pytest.mark.parametrize("method", ["snap", "click", "subject", "background"])
def test_however_small_a_picture_is_there_is_an_answer_or_a_sentence(method: str, size: tuple[int, int]) -> None:
    picture = opaque(np.random.default_rng(0).random((*size, 3)))
    drawn = np.zeros(size, bool)
    drawn[0, 0] = True
    try:
        mask = found(method, scene(picture, drawn if method == "snap" else None, (Click(0, 0),)))
    except OverpaintError as error:
        assert error.code is Code.EMPTY_SELECTION
    else:
        assert mask.shape == size
        assert np.isfinite(mask).all()


def test_a_picture_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Picture] = []
    look = OfflineEngine.look
    monkeypatch.setattr(looked, "_kept", type(looked._kept)())
    monkeypatch.setattr(OfflineEngine, "look", lambda self, picture: (looks.append(picture), look(self, picture))[1])
    for place in (Click(MIDDLE[0], 45), Click(MIDDLE[0], 80)):
        found("click", scene(ball(), points=(place,), content="a"))
    assert len(looks) == 1
    found("click", scene(ball(), points=(Click(MIDDLE[0], 45),), content="b"))
    assert len(looks) == 2


def test_the_outline_is_found_in_a_large_picture_too() -> None:
    """The thing is a twentieth of what is looked at, and as sharp as its own pixels."""
    large = np.full((1500, 1600, 3), (0.3, 0.4, 0.6), np.float32)
    truth = np.zeros((1500, 1600), np.float32)
    truth[800 : 800 + HEIGHT, 900 : 900 + WIDTH] = disc()
    large = large * (1 - truth[..., None]) + truth[..., None] * np.array([0.9, 0.8, 0.1], np.float32)
    place = Click(900 + MIDDLE[0], 800 + MIDDLE[1] - RADIUS // 2)
    assert overlap(found("click", scene(opaque(large), points=(place,))), truth) > 0.95
