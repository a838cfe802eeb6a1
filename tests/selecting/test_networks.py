"""What finds things where a network is installed that can: as a tiny random one of the real class."""

from __future__ import annotations

import numpy as np
import pytest

from server.methods import registry
from server.models.runtime.residency import Models
from server.models.store.store import ModelStore
from server.selecting.networks import pointing_of
from server.selecting.prompts import Drawn, Prompts
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.recipe import Click, Recipe
from tests import tiny_segmenters
from tests.selecting.pictures import ball, box, scene

pytestmark = pytest.mark.torch

AROUND_IT = box(52, 24, 128, 97)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    root = tmp_path_factory.mktemp("models")
    store = ModelStore(root / "models", bundled=root / "none")
    tiny_segmenters.install("sam2", store, root)
    return Models(store)


@pytest.mark.parametrize("method", ["snap", "click"])
def test_sam_2_is_asked_where_it_is_installed(models: Models, method: str) -> None:
    points = (Click(90, 45), Click(10, 10, wanted=False))
    where = scene(ball(), AROUND_IT) if method == "snap" else scene(ball(), points=points)
    network, asked = models.resident("sam2"), []
    outline = network.outline
    network.outline = lambda image, pointing: (asked.append(pointing), outline(image, pointing))[1]
    try:
        answer = registry.method(method).load()(where, Recipe(method), models, lambda _: None)
        assert answer.recipe.model == "sam2"
    except OverpaintError as error:  # a random network may find nothing
        assert error.code is Code.EMPTY_SELECTION
    finally:
        del network.outline
    assert len(asked) == 1


def test_a_model_that_cannot_point_is_refused(models: Models) -> None:
    with pytest.raises(OverpaintError) as refused:
        registry.method("snap").load()(scene(ball(), AROUND_IT), Recipe("snap", model="other"), models, lambda _: None)
    assert refused.value.code is Code.MODEL_MISSING


def test_a_box_is_given_as_one_and_a_scribble_as_places_on_it() -> None:
    around = pointing_of(Prompts(rough=AROUND_IT, drawn=Drawn.AROUND))
    assert (around.inside, around.box) == ((), Bounds(52, 24, 76, 73))
    stroke = box(70, 50, 110, 54)
    on_it = pointing_of(Prompts(rough=stroke, drawn=Drawn.ON))
    assert on_it.box is None
    assert 2 <= len(on_it.inside) <= 5
    assert all(stroke[int(y), int(x)] for x, y in on_it.inside)
    (one,) = pointing_of(Prompts(rough=box(5, 5, 6, 6), drawn=Drawn.ON)).inside
    assert one == (5.5, 5.5)


def test_clicks_are_in_the_middle_of_their_pixels() -> None:
    pointing = pointing_of(Prompts(points=(Click(3, 4), Click(7, 8, wanted=False))))
    assert (pointing.inside, pointing.outside, pointing.box) == (((3.5, 4.5),), ((7.5, 8.5),), None)
    assert np.isfinite(pointing.inside).all()
