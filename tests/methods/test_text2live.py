"""An effect layer: what is learned, and how it comes into the document."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from server.editing.effect import LearnedLayer, own_layer
from server.editing.painting import ModelInput
from server.editing.results import OwnLayer
from server.methods.text2live import SPARE, estimate, learn, regularisation, text2live
from server.models.runtime.residency import Models
from server.pixels.picture import F32
from server.tuning.effects.critic import Losses, Words, on_green
from server.tuning.effects.generator import Generator
from server.tuning.effects.layer import EffectLayer, View
from server.tuning.effects.score import ScoreCritic
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Estimate
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Extra, Recipe
from tests import tiny_models
from tests.methods import tuning_desk
from tests.methods.tuning_desk import scene

pytestmark = pytest.mark.torch

ASKED = Recipe("text2live", "a man waving", seed=3, steps=4)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return tuning_desk.models(("sd15", "sdxl-inpainting"), tmp_path_factory.mktemp("models"))


def painted(models: Models, mask: F32 | None = None, **settings: object) -> tuple[OwnLayer, ...]:
    recipe = replace(ASKED, model="sd15", **settings)  # type: ignore[arg-type]
    return text2live(scene(mask=mask), recipe, models, lambda _: None).result.layers


def half_selected() -> F32:
    mask = np.zeros((64, 64), np.float32)
    mask[10:40, 20:50] = 1
    mask[10:14] *= 0.5
    return mask


class Reddening:
    """Asks for red on the left half, and for nothing else."""

    width, rate = 16, 1e-2

    def placed(self, values: F32) -> Tensor:
        return torch.from_numpy(values.reshape(*values.shape[:2], -1)).permute(2, 0, 1)[None]

    def judge(self, source: Tensor, layer: EffectLayer, draws: torch.Generator) -> Losses:
        wanted = torch.where(source[:, 2:] > 0.5, source.new_tensor([1.0, 0, 0]).view(1, 3, 1, 1), source)
        zero = source.new_zeros(())
        return Losses(functional.mse_loss(layer.over(source), wanted), zero, zero)


def test_what_is_learned_is_where_it_is_needed_and_nowhere_else(models: Models) -> None:
    """A picture that is blue on its left half, which is to be red."""
    where = scene()
    where.picture.rgb[:] = (0.1, 0.1, 0.1)
    where.picture.rgb[:, :32, 2] = 0.9
    view = ModelInput.of(where, ASKED, models.get("sd15"))
    layer = learn(view, Reddening(), replace(ASKED, steps=150), 1, lambda *_: None)
    assert layer.alpha[:, :30].mean() > 0.8
    assert layer.alpha[:, 34:].mean() < 0.1
    assert np.abs(layer.over(view.image)[:, :30] - (1, 0, 0)).mean() < 0.15


def test_the_more_it_is_held_the_less_it_covers(models: Models) -> None:
    view = ModelInput.of(scene(), ASKED, models.get("sd15"))
    asked = replace(ASKED, steps=60)
    held = replace(asked, extras=(Extra(SPARE.name, "10"),))
    free, spare = (learn(view, Reddening(), recipe, 1, lambda *_: None).alpha.mean() for recipe in (asked, held))
    assert spare < 0.8 * free


def test_nothing_shows_where_nothing_is_selected_and_a_soft_edge_stays_soft(models: Models) -> None:
    (layer,) = painted(models, half_selected())
    assert (layer.x, layer.y, layer.picture.rgb.shape) == (20, 10, (30, 30, 3))
    assert layer.masked
    adapter = models.get("sd15")
    view = ModelInput.of(scene(mask=half_selected()), ASKED, adapter)
    learned = learn(view, Reddening(), ASKED, 1, lambda *_: None)
    assert (learned.alpha[view.mask == 0] == 0).all()
    assert (learned.alpha <= view.mask).all()


def test_each_variation_is_a_layer_with_its_seed(models: Models) -> None:
    first, second = painted(models, variations=2)
    (alone,) = painted(models, seed=4)
    assert (first.seed, second.seed) == (3, 4)
    np.testing.assert_array_equal(second.picture.alpha, alone.picture.alpha)


def test_what_is_faint_is_nothing_at_all(models: Models) -> None:
    adapter = models.get("sd15")
    view = ModelInput.of(scene(), ASKED, adapter)
    alpha = np.full(view.mask.shape, 0.015, np.float32)
    alpha[:, : alpha.shape[1] // 2] = 1
    layer = own_layer(LearnedLayer(view.image, alpha), view, adapter, 1)
    assert (layer.picture.alpha[:, 40:] == 0).all()
    assert (layer.picture.alpha[:, :24] > 0.98).all()


def test_nothing_selected_is_refused(models: Models) -> None:
    with pytest.raises(OverpaintError) as refused:
        painted(models, np.zeros((64, 64), np.float32))
    assert refused.value.code is Code.EMPTY_SELECTION


def test_words_that_the_picture_fulfils_ask_for_nothing(models: Models) -> None:
    adapter = models.get("sd15")
    picture = torch.rand(1, 3, 64, 64)
    layer = EffectLayer(torch.rand(1, 3, 64, 64, requires_grad=True), torch.full((1, 1, 64, 64), 0.5))
    with adapter.differentiable() as encode:
        same, other = (
            ScoreCritic(adapter, Words(words, "a dog", "a dog"), (64, 64), encode).judge(
                picture, layer, torch.Generator().manual_seed(1)
            )
            for words in ("a dog", "a cat")
        )
    assert float(same.composition.detach()) == 0
    assert float(other.composition.detach()) != 0
    (gradient,) = torch.autograd.grad(other.composition, layer.colour)
    assert gradient.isfinite().all()
    assert gradient.any()


def test_a_layer_that_shows_nothing_changes_no_structure(models: Models) -> None:
    adapter = models.get("sd15")
    layer = EffectLayer(torch.rand(1, 3, 64, 64), torch.zeros(1, 1, 64, 64))
    with adapter.differentiable() as encode:
        critic = ScoreCritic(adapter, Words("a cat", "", "a cat"), (64, 64), encode)
        losses = critic.judge(torch.rand(1, 3, 64, 64), layer, torch.Generator().manual_seed(1))
    assert float(losses.structure) < 1e-6


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
def test_every_family_gives_gradients_at_the_latents_it_encodes_to(family: str, tmp_path) -> None:
    """Also where its autoencoder works in another precision than it learns in."""
    adapter = tuning_desk.models((family,), tmp_path).get(family)
    picture = np.random.default_rng(1).random((64, 64, 3), dtype=np.float32)
    images = torch.from_numpy(picture).permute(2, 0, 1)[None].requires_grad_()
    with adapter.differentiable() as encode:
        latents = encode(images)
    torch.testing.assert_close(latents, adapter.encode(picture).float(), atol=1e-4, rtol=1e-4)
    (gradient,) = torch.autograd.grad(latents.sum(), images)
    assert gradient.any()


def test_the_layer_alone_is_seen_over_green() -> None:
    nothing = EffectLayer(torch.rand(1, 3, 4, 4), torch.zeros(1, 1, 4, 4))
    np.testing.assert_allclose(on_green(nothing)[0, :, 0, 0] * 255, (0, 177, 64), atol=1e-4)


def test_sparsity_is_that_of_the_paper() -> None:
    """γ (1 + 2 σ(5) − 1) for all covered, 0 for nothing (equation 7)."""
    assert float(regularisation(torch.zeros(1, 1, 3, 3))) == 0
    assert float(regularisation(torch.ones(1, 1, 3, 3))) == pytest.approx(0.01 * (1 + 2 / (1 + np.exp(-5)) - 1))


@pytest.mark.parametrize("size", [(64, 64), (61, 83), (16, 200), (9, 9)], ids=str)
def test_the_generator_paints_any_size_and_is_made_by_its_seed(size: tuple[int, int]) -> None:
    picture = torch.rand(1, 3, *size)
    first, again, other = (Generator.fresh(min(size), 16, seed).painted(picture) for seed in (1, 1, 2))
    assert first.colour.shape == (1, 3, *size)
    assert first.opacity.shape == (1, 1, *size)
    assert torch.equal(first.opacity, again.opacity)
    assert not torch.equal(first.opacity, other.opacity)


def test_to_make_one_leaves_the_programs_own_dice_alone() -> None:
    torch.manual_seed(5)
    wanted = torch.rand(1)
    torch.manual_seed(5)
    Generator.fresh(16, 16, 1)
    assert torch.equal(torch.rand(1), wanted)


def test_views_show_most_of_the_picture_and_picture_and_selection_alike() -> None:
    draws = torch.Generator().manual_seed(1)
    picture = torch.rand(1, 3, 61, 83)
    views = [View.drawn(61, 83, draws) for _ in range(40)]
    assert all(view.height * view.width >= 0.84 * 61 * 83 for view in views)
    assert {view.mirrored for view in views} == {True, False}
    assert all(view.of(picture).shape == picture.shape for view in views)
    assert all(torch.allclose(view.of(picture)[:, :1], view.of(picture[:, :1])) for view in views)


def test_it_says_beforehand_how_long_it_takes(models: Models) -> None:
    layer = Raster(Bounds(0, 0, 64, 64), Channels.RGBA, Depth.U8)
    short, long = (
        estimate(Estimate("a" * 32, replace(ASKED, model="sd15", steps=steps), layer, None, ""), models)
        for steps in (10, 100)
    )
    assert 0 < short.render_s < long.render_s
