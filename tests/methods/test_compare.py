"""The same words by every method, with tiny random models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from server.editing.edit import Answer, CancelledEdit, Scene, SkippedPart, Step
from server.methods import registry
from server.methods.compare import compare
from server.methods.method import Method
from server.models.runtime.residency import Models
from server.pixels.picture import F32, Picture
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Extra, Recipe
from tests.methods import tuning_desk

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return tuning_desk.models(("sd15",), tmp_path_factory.mktemp("models"))


def scene(mask: F32 | None = None) -> Scene:
    rgb = np.random.default_rng(7).random((64, 64, 3), dtype=np.float32)
    everywhere = np.ones((64, 64), np.float32)
    return Scene(Picture(rgb, everywhere), everywhere if mask is None else mask, content="a picture")


def square() -> F32:
    mask = np.zeros((64, 64), np.float32)
    mask[16:48, 16:48] = 1
    return mask


def asked(methods: str = "sdedit inpaint", **settings: object) -> Recipe:
    recipe = Recipe("compare", "a red hat", seed=5, steps=2, extras=(Extra("methods", methods),))
    return replace(recipe, **settings)  # type: ignore[arg-type]


def quietly(step: Step) -> None: ...


def test_each_method_is_a_layer_that_is_named_after_it(models: Models) -> None:
    answer = compare(scene(square()), asked(), models, quietly)
    redrawn, replaced = answer.result.names
    assert redrawn.startswith("Redraw 0.6 · ")
    assert replaced.startswith("Replace · ")
    assert redrawn.endswith(" s")


def test_each_layer_is_what_the_method_would_have_made_alone(models: Models) -> None:
    compared = compare(scene(square()), asked(), models, quietly)
    for number, name in enumerate(("sdedit", "inpaint")):
        alone = registry.method(name).load()(
            scene(square()), Recipe(name, "a red hat", seed=5, steps=2), models, quietly
        )
        np.testing.assert_array_equal(compared.result.images[number], alone.result.images[0])


def test_without_a_selection_what_needs_one_is_left_out(models: Models) -> None:
    assert len(compare(scene(), asked(), models, quietly).result.names) == 1


def test_with_no_names_all_take_part_and_those_that_learn_come_last(models: Models) -> None:
    stages: list[str] = []
    try:
        compare(scene(square()), asked(methods=""), models, _until_learning(stages))
    except CancelledEdit:
        assert "Painting" in stages
    else:
        raise AssertionError("nothing learned the picture")


def _until_learning(stages: list[str]):
    def report(step: Step) -> None:
        stages.append(step.stage)
        if "earning" in step.stage:
            raise CancelledEdit

    return report


def _fails(*_: object) -> Answer:
    raise OverpaintError(Code.EDIT_FAILED, "The paint is dry.", "")


@pytest.fixture
def dry(monkeypatch: pytest.MonkeyPatch) -> Method:
    """A method that fails, beside the others."""
    made = replace(registry.method("sdedit"), name="dry", title="Dry", run=_fails)
    every = (*registry.methods(), made)
    monkeypatch.setattr(registry, "methods", lambda: every)
    return made


def test_one_that_fails_is_named_and_the_others_go_on(models: Models, dry: Method) -> None:
    answer = compare(scene(square()), asked("dry sdedit"), models, quietly)
    assert len(answer.result.images) == 1
    assert answer.notices[-1] == "Dry could not do it: The paint is dry."


def test_one_that_is_skipped_is_left_out_and_the_others_go_on(models: Models) -> None:
    skipped: list[Step] = []

    def skip_the_first(step: Step) -> None:
        if step.stage == "Painting" and not skipped:
            skipped.append(step)
            raise SkippedPart

    answer = compare(scene(square()), asked(), models, skip_the_first)
    (name,) = answer.result.names
    assert name.startswith("Replace · ")
    assert not [notice for notice in answer.notices if "could not" in notice]


def test_where_all_are_skipped_nothing_comes(models: Models) -> None:
    def skip(step: Step) -> None:
        if step.stage == "Painting":
            raise SkippedPart

    with pytest.raises(CancelledEdit):
        compare(scene(square()), asked(), models, skip)


def test_where_all_fail_it_says_why(models: Models, dry: Method) -> None:
    with pytest.raises(OverpaintError) as caught:
        compare(scene(square()), asked("dry"), models, quietly)
    assert caught.value.sentence == "The paint is dry."


def test_a_name_that_there_is_none_of_is_refused_with_those_that_there_are(models: Models) -> None:
    with pytest.raises(OverpaintError) as caught:
        compare(scene(square()), asked("sdedit magic"), models, quietly)
    assert caught.value.code is Code.UNKNOWN_METHOD
    assert "sdedit" in caught.value.hint


def test_what_cannot_follow_words_is_no_contender(models: Models) -> None:
    with pytest.raises(OverpaintError) as caught:
        compare(scene(square()), asked("erase"), models, quietly)
    assert caught.value.code is Code.MODEL_MISSING
