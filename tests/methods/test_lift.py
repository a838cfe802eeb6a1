"""Lift out: the thing alone, with its own edge and colours, and what is behind it continued."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from server.editing.edit import Answer, CancelledEdit, Scene, Step
from server.editing.results import NewLayers, OwnLayer
from server.methods.lift import ERASED, LIFTED, lift
from server.models.store.store import ModelFolders, ModelStore
from server.pixels.foreground import foreground
from server.pixels.picture import F32, Picture
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Extra, Recipe

HEIGHT, WIDTH = 120, 160
RED = np.array((0.85, 0.1, 0.12), np.float32)


@pytest.fixture(scope="module")
def no_models(tmp_path_factory: pytest.TempPathFactory) -> ModelFolders:
    return ModelFolders(ModelStore(tmp_path_factory.mktemp("shelf"), bundled=Path("none")))


def disc(soft: float = 2.0) -> F32:
    ys, xs = np.indices((HEIGHT, WIDTH), np.float32)
    hard = (np.hypot(xs - 90, ys - 60) < 30).astype(np.float32)
    return cv2.GaussianBlur(hard, (0, 0), soft) if soft else hard


def meadow() -> F32:
    rough = cv2.GaussianBlur(np.random.default_rng(4).normal(0, 1, (HEIGHT, WIDTH)), (0, 0), 1.5)
    shade = 0.45 + 0.15 * rough / np.abs(rough).max()
    return np.stack([0.5 * shade, shade, 0.4 * shade], 2).astype(np.float32)


def picture(soft: float = 2.0) -> Picture:
    alpha = disc(soft)[..., None]
    return Picture(alpha * RED + (1 - alpha) * meadow(), np.ones((HEIGHT, WIDTH), np.float32))


def scene(shown: Picture | None = None) -> Scene:
    selected = disc() >= 0.5
    return Scene(picture() if shown is None else shown, selected.astype(np.float32), selected=selected)


def lifted_from(where: Scene, models: ModelFolders, report=lambda step: None, **extras: str) -> Answer[NewLayers]:
    asked = Recipe("lift", seed=1, extras=tuple(Extra(name, value) for name, value in extras.items()))
    return lift(where, asked, models, report)


def spread(layer: OwnLayer) -> tuple[F32, F32]:
    """Its colours and its alpha, in the size of the scene."""
    rgb, alpha = np.zeros((HEIGHT, WIDTH, 3), np.float32), np.zeros((HEIGHT, WIDTH), np.float32)
    height, width = layer.picture.alpha.shape
    here = slice(layer.y, layer.y + height), slice(layer.x, layer.x + width)
    rgb[here], alpha[here] = layer.picture.rgb, layer.picture.alpha
    return rgb, alpha


def test_the_thing_lies_above_what_is_behind_it_and_together_they_look_as_before(no_models):
    where = scene()
    answer = lifted_from(where, no_models)
    behind, thing = answer.result.layers
    assert (behind.name, thing.name) == (ERASED, LIFTED)
    shown = where.picture.rgb
    for layer in (behind, thing):
        rgb, alpha = spread(layer)
        shown = shown * (1 - alpha[..., None]) + rgb * alpha[..., None]
    off = np.abs(shown - where.picture.rgb).max(2)
    assert off.mean() < 0.005
    assert off.max() < 0.15
    assert not off[disc() < 1e-4].any()


def test_behind_it_the_surroundings_go_on(no_models):
    rgb, alpha = spread(lifted_from(scene(), no_models).result.layers[0])
    assert (alpha[disc() > 0.1] == 1).all()
    inside = rgb[disc() > 0.5]
    assert (inside[:, 1] > inside[:, 0]).all()  # as green as the meadow, nothing red


def test_the_edge_is_as_soft_as_the_things_own(no_models):
    _, alpha = spread(lifted_from(scene(), no_models).result.layers[1])
    truth = disc()
    hard = (truth >= 0.5).astype(np.float32)
    assert np.abs(alpha - truth).mean() < 0.5 * np.abs(hard - truth).mean()


def test_the_colours_at_the_edge_are_the_things_own(no_models):
    rgb, alpha = spread(lifted_from(scene(), no_models).result.layers[1])
    band = (alpha > 0.1) & (alpha < 0.9)
    mixed, own = np.abs(picture().rgb - RED)[band].mean(), np.abs(rgb - RED)[band].mean()
    assert own < mixed / 3


def test_what_is_left_as_it_is_gives_the_thing_alone(no_models):
    (thing,) = lifted_from(scene(), no_models, behind="left as it is").result.layers
    assert thing.name == LIFTED


def test_without_a_soft_edge_it_is_cut_as_it_was_selected(no_models):
    where = scene()
    rgb, alpha = spread(lifted_from(where, no_models, edge="0").result.layers[1])
    assert np.array_equal(alpha, where.selected.astype(np.float32))
    assert np.array_equal(rgb[where.selected], where.picture.rgb[where.selected])


def test_a_pinhole_in_the_selection_is_no_hole_in_the_thing(no_models):
    where = scene()
    where.selected[58:61, 88:91] = False
    _, thing = lifted_from(where, no_models).result.layers
    assert spread(thing)[1][55:65, 85:95].min() == 1


def test_an_edge_is_looked_for_no_farther_than_asked(no_models):
    _, alpha = spread(lifted_from(scene(), no_models, edge="2").result.layers[1])
    away = cv2.distanceTransform((disc() < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    assert not alpha[away > 2.5].any()


def test_what_is_transparent_stays_so(no_models):
    shown = picture()
    shown.alpha[:60] = 0.5
    _, alpha = spread(lifted_from(scene(shown), no_models).result.layers[1])
    assert alpha[:60].max() <= 0.5
    assert alpha[61:].max() == 1


def test_an_empty_layer_is_refused(no_models):
    nothing = Picture(picture().rgb, np.zeros((HEIGHT, WIDTH), np.float32))
    with pytest.raises(OverpaintError) as refused:
        lifted_from(scene(nothing), no_models)
    assert refused.value.code is Code.EMPTY_SELECTION


def test_everything_selected_can_be_lifted_where_nothing_has_to_be_behind(no_models):
    all_of_it = np.ones((HEIGHT, WIDTH), bool)
    where = Scene(picture(), all_of_it.astype(np.float32), selected=all_of_it)
    (thing,) = lifted_from(where, no_models, behind="left as it is").result.layers
    assert (thing.picture.alpha == 1).all()
    with pytest.raises(OverpaintError) as refused:
        lifted_from(where, no_models)
    assert refused.value.code is Code.BAD_REQUEST


def test_it_can_be_cancelled(no_models):
    def report(step: Step) -> None:
        raise CancelledEdit

    with pytest.raises(CancelledEdit):
        lifted_from(scene(), no_models, report)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (37, 64)])
def test_colours_are_found_in_any_size_and_kept_where_nothing_is_mixed(shape):
    rng = np.random.default_rng(0)
    image, alpha = rng.random((*shape, 3), np.float32), rng.random(shape, np.float32)
    alpha[0, 0] = 1
    found = foreground(image, alpha)
    assert found.shape == image.shape
    assert np.isfinite(found).all()
    assert np.array_equal(found[0, 0], image[0, 0])


@pytest.mark.torch
def test_vitmatte_finds_the_edge_where_it_is_installed(tmp_path: Path):
    from server.models.runtime.residency import Models
    from tests import tiny_segmenters

    store = ModelStore(tmp_path / "models", bundled=tmp_path / "none")
    tiny_segmenters.install("vitmatte", store, tmp_path)
    answer = lift(scene(), Recipe("lift", seed=1), Models(store), lambda _: None)
    assert answer.recipe.model == "vitmatte"
    _, alpha = spread(answer.result.layers[1])
    assert alpha[60, 90] == 1
    with pytest.raises(OverpaintError) as refused:
        lift(scene(), Recipe("lift", seed=1, model="other"), Models(store), lambda _: None)
    assert refused.value.code is Code.MODEL_MISSING
