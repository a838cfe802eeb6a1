"""Effect layers judged by CLIP, by a tiny random model of the real class: imported, chosen, and learned from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from server.methods.text2live import ALONE, estimate, text2live
from server.models.families.family import Ability
from server.models.runtime.clip import Clip
from server.models.runtime.residency import Models
from server.models.store import catalogue
from server.models.store.hub import Hub
from server.models.store.import_model import import_model
from server.models.store.pull import fetch
from server.models.store.store import ModelStore
from server.tuning.effects.clip import ClipCritic, direction, distance
from server.tuning.effects.critic import Words
from server.tuning.effects.glimpses import Glimpses
from server.tuning.effects.layer import EffectLayer
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Estimate
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Extra, Recipe
from tests import tiny_models
from tests.methods import tuning_desk
from tests.methods.tuning_desk import scene
from tests.models.loopback_hub import LoopbackHub

pytestmark = pytest.mark.torch

ASKED = Recipe("text2live", "snow", seed=3, steps=2)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """CLIP beside a model that paints."""
    root = tmp_path_factory.mktemp("models")
    store = tuning_desk.shelf_of(("sd15",), root)
    tiny_models.install("clip", store, root)
    return Models(store)


@pytest.fixture
def clip(models: Models) -> Clip:
    found = models.resident("clip")
    assert isinstance(found, Clip)
    return found


def test_it_is_what_judges_where_it_is_installed_and_it_paints_nothing(models: Models) -> None:
    assert models.choose("", Ability.EFFECT).name == "clip"
    assert models.choose("", Ability.INPAINT).name == "sd15"
    with pytest.raises(OverpaintError) as refused:
        models.choose("clip", Ability.REDRAW)
    assert refused.value.code is Code.UNKNOWN_MODEL


def test_a_layer_is_learned_from_it(models: Models) -> None:
    steps = []
    recipe = Recipe("text2live", "snow", seed=3, steps=3, variations=2, extras=(Extra(ALONE.name, "flakes"),))
    answer = text2live(scene(), recipe, models, steps.append)
    assert answer.recipe.model == "clip"
    assert [layer.seed for layer in answer.result.layers] == [3, 4]
    assert all(layer.picture.rgb.shape == (64, 64, 3) for layer in answer.result.layers)
    assert [step.step for step in steps if step.stage == "Painting"] == [1, 2, 3, 4, 5, 6]


def test_the_same_seed_gives_the_same_layer(models: Models) -> None:
    first, again = (text2live(scene(), ASKED, models, lambda _: None).result.layers[0] for _ in range(2))
    np.testing.assert_array_equal(first.picture.alpha, again.picture.alpha)


def test_all_that_it_judges_reaches_the_layer(clip: Clip) -> None:
    """Every loss has gradients to colours and opacity, and does not move the model."""
    colour, opacity = torch.rand(1, 3, 48, 64, requires_grad=True), torch.full((1, 1, 48, 64), 0.5, requires_grad=True)
    critic = ClipCritic(clip, Words("a dog in snow", "a dog", "snow"))
    losses = critic.judge(torch.rand(1, 3, 48, 64), EffectLayer(colour, opacity), torch.Generator().manual_seed(1))
    for loss in (losses.composition, losses.screen, losses.structure):
        for gradient in torch.autograd.grad(loss, (colour, opacity), retain_graph=True):
            assert gradient.isfinite().all()
            assert gradient.any()


def test_without_words_for_the_picture_there_is_no_direction_from_them(clip: Clip) -> None:
    layer = EffectLayer(torch.rand(1, 3, 32, 32), torch.full((1, 1, 32, 32), 0.5))
    picture = torch.rand(1, 3, 32, 32)
    plain, directed = (
        ClipCritic(clip, Words("snow", source, "snow")).judge(picture, layer, torch.Generator().manual_seed(1))
        for source in ("", "a dog")
    )
    assert float(directed.composition) > float(plain.composition)
    assert float(directed.screen) == float(plain.screen)


def test_distances_are_angles() -> None:
    """Alike 0; at right angles (π/2)²/2."""
    axes = torch.eye(3)
    assert float(distance(axes[:1], axes[:1])) == pytest.approx(0, abs=1e-6)
    assert float(distance(axes[:1], axes[1:2])) == pytest.approx((np.pi / 2) ** 2 / 2, rel=1e-5)
    assert float(direction(axes[:1], 2 * axes[:1])) == pytest.approx(0, abs=1e-6)
    assert float(direction(axes[:1], -axes[:1])) == pytest.approx(2, rel=1e-6)


def test_glimpses_are_of_the_picture_and_white_beyond_it() -> None:
    glimpses = Glimpses.drawn(torch.Generator().manual_seed(1), torch.device("cpu"), count=60)
    white = glimpses.of(torch.ones(1, 3, 40, 60), 24)
    dark = glimpses.of(torch.zeros(1, 3, 40, 60), 24)
    assert white.shape == dark.shape == (60, 3, 24, 24)
    assert _share(white.amin((1, 2, 3)) > 0.75) == 1
    assert 0.7 < _share(dark < 0.5) < 1


def test_glimpses_show_colours_and_sometimes_gray() -> None:
    red = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1).expand(1, 3, 40, 40)
    seen = Glimpses.drawn(torch.Generator().manual_seed(1), torch.device("cpu"), count=200).of(red, 8)
    gray = (seen[:, 0] - seen[:, 1]).abs().amax((1, 2)) < 1e-4
    assert 0.08 < _share(gray) < 0.25


def _share(found: Tensor) -> float:
    return float(found.float().mean())


def test_it_says_beforehand_how_long_it_takes(models: Models) -> None:
    layer = Raster(Bounds(0, 0, 64, 64), Channels.RGBA, Depth.U8)
    told = estimate(Estimate("a" * 32, ASKED, layer, None, ""), models)
    assert told.model == "clip"
    assert told.tuning_s == 0 < told.render_s


def test_a_folder_of_transformers_is_checked_like_any_other(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "store", bundled=tmp_path / "none")
    folder = tiny_models.save_clip(tmp_path / "clip")
    (folder / "open_clip_model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    card = import_model(folder, store, name="clip")
    kept = {path.name for path in (store.root / "clip").iterdir()}
    assert {"model.safetensors", "config.json", "preprocessor_config.json"} <= kept
    assert "open_clip_model.safetensors" not in kept
    assert card.family == "clip"
    (folder / "model.safetensors").unlink()
    with pytest.raises(OverpaintError):
        import_model(folder, store, name="weightless")


def test_a_folder_whose_weights_are_another_size_is_refused(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "store", bundled=tmp_path / "none")
    folder = tiny_models.save_clip(tmp_path / "clip")
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config.replace('"patch_size": 8', '"patch_size": 4'))
    with pytest.raises(OverpaintError):
        import_model(folder, store, name="clip")


def test_a_folder_of_another_network_is_refused(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "store", bundled=tmp_path / "none")
    tiny_models.clip().save_pretrained(tmp_path / "words")
    with pytest.raises(OverpaintError) as refused:
        import_model(tmp_path / "words", store, name="words")
    assert "CLIPTextModel" in refused.value.sentence


def test_it_is_fetched_as_its_makers_publish_it(tmp_path: Path) -> None:
    """A network without a pipeline around it, with the same weights for other programs beside it."""
    published = tiny_models.save_clip(tmp_path / "published")
    for name in ("open_clip_model.safetensors", "pytorch_model.bin", "open_clip_pytorch_model.bin"):
        (published / name).write_bytes(b"?")
    store = ModelStore(tmp_path / "store", bundled=tmp_path / "none")
    known = catalogue.entry("clip")
    with LoopbackHub(known.repository, published) as hub:
        card = fetch(known, store, Hub(hub.endpoint))
    kept = {path.name for path in (store.root / "clip").iterdir()}
    assert not kept & {"open_clip_model.safetensors", "pytorch_model.bin", "open_clip_pytorch_model.bin"}
    assert card.abilities == {Ability.EFFECT}
    assert isinstance(Models(store).resident("clip"), Clip)
