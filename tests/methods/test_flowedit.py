"""FlowEdit: algorithm 1 on flow-matching models, and FlowAlign's term beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from server.methods.flowedit import N_AVG, N_MIN, SOURCE, TERMINAL, Flow, edit, estimate, flowedit
from server.models.runtime.denoiser import SamplingRequest
from server.models.runtime.residency import Models
from server.wire.geometry import Bounds, Extent
from server.wire.messages import Estimate
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Extra, Recipe
from tests.methods import tuning_desk
from tests.methods.tuning_desk import scene

pytestmark = pytest.mark.torch

KINDS = ("sd3", "flux2-klein")
PLAIN = Flow(n_max=4, n_min=0, n_avg=1, source_guidance=3.5, target_guidance=3.5, terminal=0.0)
every_family = pytest.mark.parametrize("family", KINDS)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return tuning_desk.models(KINDS, tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def alone(nothing_learned: None) -> None:
    """What is kept of a picture is this test's."""


def latents(models: Models, family: str, flow: Flow, words: tuple[str, str], monkeypatch: pytest.MonkeyPatch):
    """Those that an edit ends with, and those of the picture."""
    model, seen = models.get(family), []
    decode = model.decode
    with monkeypatch.context() as spied:
        spied.setattr(model, "decode", lambda latents: (seen.append(latents), decode(latents))[1])
        request = SamplingRequest(scene().picture.rgb, scene().mask, "", "", 4, 1.0, 5, 1.0)
        edit(model, request, *map(model.condition, words), flow, lambda *_: None)
    return seen[0], model.encode_for_training(request.image, request.mask).clean


def recipe(family: str, **settings: object) -> Recipe:
    asked = Recipe("flowedit", "a hat", model=family, steps=5, seed=4)
    extras = tuple(Extra(name, str(settings.pop(name))) for name in [*settings] if name not in vars(asked))
    return replace(asked, extras=extras, **settings)  # type: ignore[arg-type]


@every_family
def test_the_same_words_on_both_sides_leave_the_picture(models: Models, family: str, monkeypatch):
    for flow in (PLAIN, replace(PLAIN, terminal=0.01), replace(PLAIN, n_avg=2)):
        found, clean = latents(models, family, flow, ("a cat", "a cat"), monkeypatch)
        assert torch.allclose(found, clean, atol=1e-4)


@every_family
def test_no_step_is_the_picture_and_each_more_moves_it_on(models: Models, family: str, monkeypatch):
    away = []
    for n_max in range(6):
        found, clean = latents(models, family, replace(PLAIN, n_max=n_max), ("a cat", "a red hat"), monkeypatch)
        away.append(float((found - clean).abs().mean()))
    assert away[0] == 0
    assert len(set(away)) == 6


@every_family
def test_it_goes_along_the_difference_of_the_two_velocities(models: Models, family: str, monkeypatch):
    """Algorithm 1 written out, without guidance."""
    model, words = models.get(family), ("a cat", "a red hat")
    flow = replace(PLAIN, source_guidance=1.0, target_guidance=1.0)
    found, clean = latents(models, family, flow, words, monkeypatch)
    source, target = map(model.condition, words)
    scheduler = model.scheduler(5, Extent(64, 64))
    encoded = model.encode_for_training(scene().picture.rgb, scene().mask)
    generator, z = torch.Generator().manual_seed(4), clean
    with torch.no_grad():
        for number in range(1, 5):
            t, following = scheduler.sigmas[number], scheduler.sigmas[number + 1]
            noise = torch.randn(clean.shape, generator=generator)
            z_src = (1 - t) * clean + t * noise
            z_tar = z + z_src - clean
            at = scheduler.timesteps[number]
            velocity = model.predict(z_tar, at, target, encoded) - model.predict(z_src, at, source, encoded)
            z = z + (following - t) * velocity
    assert torch.allclose(found, z, atol=1e-4)


@every_family
def test_the_terminal_term_holds_the_end_to_the_picture(models: Models, family: str, monkeypatch):
    words = ("a cat", "a red hat")
    plain, clean = latents(models, family, PLAIN, words, monkeypatch)
    held, _ = latents(models, family, replace(PLAIN, terminal=0.1), words, monkeypatch)
    assert (held - clean).square().mean() != (plain - clean).square().mean()
    assert torch.isfinite(held).all()


@every_family
@pytest.mark.parametrize(
    "own", [{N_MIN.name: 2}, {N_AVG.name: 3}, {TERMINAL.name: 0.1}, {SOURCE.name: "a cat"}, {"eta": (0.4,)}]
)
def test_each_setting_of_its_own_changes_the_answer(models: Models, family: str, own: dict[str, object]):
    plain, changed = (
        flowedit(scene(), asked, models, lambda _: None).result.images[0]
        for asked in (recipe(family), recipe(family, **own))
    )
    assert not np.array_equal(plain, changed)


@pytest.mark.parametrize(("distilled", "steps", "strength"), [(False, 50, 33 / 50), (True, 28, 24 / 28)])
def test_unasked_it_takes_what_was_published_for_the_kind_of_model(
    models: Models, monkeypatch: pytest.MonkeyPatch, distilled: bool, steps: int, strength: float
):
    model = models.get("flux2-klein")
    if distilled:
        monkeypatch.setattr(type(model.family), "guides", lambda *_: False)
    used = flowedit(scene(), Recipe("flowedit", "a hat", model="flux2-klein", seed=1), models, lambda _: None).recipe
    assert (used.steps, used.eta) == (steps, (round(strength, 4),))


def test_it_learns_nothing_first_and_says_so(models: Models):
    layer = Raster(Bounds(0, 0, 64, 64), Channels.RGBA, Depth.U8)
    told = estimate(Estimate("a" * 32, recipe("sd3"), layer, None, scene().content), models)
    assert told.tuning_s == 0 < told.render_s
