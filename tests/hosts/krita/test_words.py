"""A selection replaced after words in the real Krita, by the model that comes with Overpaint."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from tests.hosts.krita.pictures import Rect, pixels, select
from tests.hosts.krita.running import Krita
from tests.hosts.likeness import DOG, PICTURES, likest

pytestmark = pytest.mark.torch

CANVAS = Rect(0, 0, 640, 264)
CHOSEN = Rect(*DOG)


def open_friends(krita: Krita) -> str:
    path = shutil.copy(PICTURES / "illustrations/friends.png", krita.file("friends.png"))
    (source,) = krita.ask("open_file", path=str(path))
    assert isinstance(source, str)
    return source


@pytest.mark.parametrize("animal", ("panda", "fox"))
def test_the_selection_becomes_what_the_words_say(krita: Krita, animal: str) -> None:
    source = open_friends(krita)
    before = pixels(krita, source, CANVAS)
    select(krita, CHOSEN)
    words = f"{animal} on white background, cartoon"
    settings = {"model": "illustration", "feather": 0, "seed": 1}
    (name,) = krita.ask("api", function="replace_selection", node=source, prompt=words, **settings)
    assert name.startswith(animal)
    answer = pixels(krita, name, CANVAS).copy()
    assert likest(answer[CHOSEN.slices][..., [2, 1, 0]]) == animal
    answer[CHOSEN.slices] = 0
    assert not answer[..., 3].any()  # nothing outside the selection
    np.testing.assert_array_equal(pixels(krita, source, CANVAS), before)


def test_a_picture_of_the_words_alone_is_a_layer_in_the_outline_of_the_selection(krita: Krita) -> None:
    source = open_friends(krita)
    select(krita, CHOSEN)
    words = "panda on white background, cartoon"
    settings = {"model": "illustration", "feather": 0, "seed": 1}
    (name,) = krita.ask("api", function="method", role="create", node=source, prompt=words, **settings)
    answer = pixels(krita, name, CANVAS).copy()
    assert likest(answer[CHOSEN.slices][..., [2, 1, 0]]) == "panda"
    answer[CHOSEN.slices] = 0
    assert not answer[..., 3].any()


def test_an_effect_is_a_layer_with_its_own_opacity_in_the_selection(krita: Krita) -> None:
    source = open_friends(krita)
    before = pixels(krita, source, CANVAS)
    select(krita, CHOSEN)
    words = {"prompt": "blue dog face", "source": "dog face, on white background, cartoon"}
    settings = {"model": "illustration", "feather": 0, "seed": 1, "steps": 6}
    (name,) = krita.ask("api", function="method", role="effect", node=source, **words, **settings)
    opacity = pixels(krita, name, CANVAS)[..., 3].copy()
    assert len(np.unique(opacity[CHOSEN.slices])) > 20
    opacity[CHOSEN.slices] = 0
    assert not opacity.any()
    np.testing.assert_array_equal(pixels(krita, source, CANVAS), before)


def test_the_same_words_by_several_methods_are_a_group_of_layers(krita: Krita) -> None:
    source = open_friends(krita)
    select(krita, CHOSEN)
    settings = {"prompt": "fox", "methods": "sdedit inpaint", "model": "illustration", "steps": 3}
    names = krita.ask("api", function="method", role="compare", node=source, **settings)
    assert [name.split(" · ")[0] for name in names] == ["Redraw 0.6", "Replace"]
    assert krita.ask("group_of", name="fox")
    krita.ask("undo")
    assert krita.ask("stack") == [source]


def test_what_is_named_is_selected_and_lifted_out_as_a_group_that_looks_as_before(krita: Krita) -> None:
    source = open_friends(krita)
    before = pixels(krita, source, CANVAS)
    left, top, width, height = krita.ask(
        "api", function="method", role="select", method="words", node=source, prompt="dog", model="illustration"
    )
    assert CHOSEN.x <= left and left + width <= CHOSEN.x + CHOSEN.width
    assert CHOSEN.y <= top and top + height <= CHOSEN.y + CHOSEN.height
    names = krita.ask("api", function="method", role="lift", node=source, seed=1)
    assert sorted(names) == ["Behind it", "Lifted out"]
    assert krita.ask("group_of", name="Lifted out, Behind it")
    shown = before[..., :3].astype(float)
    for name in ("Behind it", "Lifted out"):
        layer = pixels(krita, name, CANVAS).astype(float)
        share = layer[..., 3:] / 255
        shown = shown * (1 - share) + layer[..., :3] * share
    assert np.abs(shown - before[..., :3]).mean() < 0.5
    np.testing.assert_array_equal(pixels(krita, source, CANVAS), before)
    krita.ask("undo")
    assert krita.ask("stack") == [source]


def test_one_of_a_comparison_is_skipped_on_its_card_and_the_others_come(krita: Krita) -> None:
    source = open_friends(krita)
    select(krita, CHOSEN)
    settings = {"prompt": "cat", "methods": "sdedit inpaint", "model": "illustration", "steps": 60}
    assert krita.ask("skipped", node=source, **settings) == "Skip this one"
    krita.ask("await_idle")
    assert [name.split(" · ")[0] for name in krita.ask("stack")] == [source, "Replace"]


def test_enlarged_it_is_a_document_twice_as_large_with_crisp_edges(krita: Krita) -> None:
    source = open_friends(krita)
    assert krita.ask("api", function="method", role="enlarge", node=source) == [1280, 528]
    krita.ask("turn_to_active")
    large = Rect(0, 0, 1280, 528)
    larger, resampled = (pixels(krita, name, large).astype(float) for name in ("Enlarged", source))
    assert np.abs(larger - resampled).mean() < 3  # the same picture
    assert steepest(larger) > steepest(resampled)


def steepest(picture: np.ndarray) -> float:
    """The mean of the thousandth part of steps between neighbours that are the largest."""
    steps = np.sort(np.abs(np.diff(picture[..., :3], axis=1)).ravel())
    return float(steps[-len(steps) // 1000 :].mean())
