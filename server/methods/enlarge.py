"""Enlarge: the same picture with more pixels, by a network of super-resolution.

The second half of a cascade (Imagen, arXiv 2205.11487, §2.4) by itself: what another program, a camera or Overpaint
painted small becomes two or four times larger. How is in ``server.models.runtime.super_resolution``.

Without a selection the document grows with it; what is selected becomes a larger layer of its own, over the middle of
where it was.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.models.families.family import Ability
from server.wire.offers import Answers, Need, Role
from server.wire.setting import Group, Setting, SettingKind

from .method import Method

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import NewCanvas, NewLayers
    from server.models.runtime.adapter import Adapter
    from server.models.runtime.residency import Models
    from server.models.runtime.super_resolution import SuperResolution
    from server.wire.messages import Estimate, Estimated
    from server.wire.recipe import Recipe

SCALE = Setting(
    "scale",
    SettingKind.CHOICE,
    "Times larger",
    "How many times as wide and as high",
    group=Group.FIRST,
    choices=("2", "4"),
)


_TIMED = 64
"""Side in pixels of the picture that is enlarged to see how quickly that goes."""


def enlarge(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[NewCanvas] | Answer[NewLayers]:
    from server.editing.edit import Answer, Step
    from server.editing.enlarging import enlarged, enlarged_part
    from server.editing.painting import load
    from server.editing.results import NewCanvas, NewLayers

    card = models.choose(recipe.model, Ability.ENLARGE)
    network, by = _network(load(models, card.name, report)), _times(recipe)

    def on_tile(done: int, of: int) -> None:
        report(Step("Enlarging", done, of))

    settled = replace(recipe, model=card.name, seed=0, variations=1)
    if (scene.mask == 1).all():
        return Answer(NewCanvas(enlarged(scene.picture, by, network, on_tile), by), settled)
    return Answer(NewLayers((enlarged_part(scene.picture, scene.mask, by, network, on_tile),)), settled)


def estimate(question: Estimate, models: Models) -> Estimated:
    import numpy as np

    from server.models.runtime import super_resolution
    from server.tuning.estimate import timed
    from server.wire.messages import Estimated

    adapter = models.get(models.choose(question.recipe.model, Ability.ENLARGE).name)
    network, trial = _network(adapter), np.full((_TIMED, _TIMED, 3), 0.5, np.float32)
    by = _times(question.recipe)
    seconds = timed(adapter, lambda: super_resolution.enlarge(trial, by, network, lambda done, of: None))
    seconds *= super_resolution.pixels_seen(question.layer.bounds.extent, network) / _TIMED**2
    return Estimated(question.question, adapter.card.name, "", 0.0, seconds, adapter.nbytes / 1e9)


def _times(recipe: Recipe) -> int:
    return int(recipe.extra(SCALE) or SCALE.choices[0])


def _network(adapter: Adapter) -> SuperResolution:
    if adapter.super_resolution is None:
        raise ValueError(f"{adapter.card.name} is said to enlarge, and has nothing to do it with")
    return adapter.super_resolution


METHOD = Method(
    name="enlarge",
    title="Enlarge",
    purpose="Gives the picture two or four times as many pixels along each side, crisp ones.",
    role=Role.ENLARGE,
    needs=(Need.LAYER,),
    settings=("model",),
    own=(SCALE,),
    answers=Answers.CANVAS,
    requires=Ability.ENLARGE,
    estimator=estimate,
    run=enlarge,
)
