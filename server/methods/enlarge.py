"""Enlarge: the same picture with more pixels, by a network of super-resolution.

The second half of a cascade (Imagen, arXiv 2205.11487, §2.4) by itself: what another program, a camera or Overpaint
painted small becomes two or four times larger. How is in ``server.models.runtime.super_resolution``. A diffusion model
may draw it finer then, after words if there are some (``server.editing.refining``).

Without a selection the document grows with it; what is selected becomes a larger layer of its own, over the middle of
where it was.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.models.families.family import Ability
from server.wire.errors import Code, OverpaintError
from server.wire.offers import Answers, Need, Role
from server.wire.setting import Group, Setting, SettingKind

from .method import Method
from .sdedit import redraw

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.enlarging import Refine
    from server.editing.results import NewCanvas, NewLayers
    from server.models.runtime.adapter import Adapter
    from server.models.runtime.residency import Models
    from server.models.runtime.super_resolution import SuperResolution
    from server.pixels.picture import F32
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


REFINE = Setting(
    "refine",
    SettingKind.SHARE,
    "Draw finer",
    "How far a model draws it again in finer detail, after your words if there are some; 0: not at all",
    0,
    1,
    0.0,
)

_TIMED = 64
"""Side in pixels of the picture that is enlarged to see how quickly that goes."""


def enlarge(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[NewCanvas] | Answer[NewLayers]:
    from server.editing.edit import Answer, Step, seed_of
    from server.editing.enlarging import enlarged, enlarged_part
    from server.editing.painting import load
    from server.editing.results import NewCanvas, NewLayers

    card = models.choose(recipe.model, Ability.ENLARGE)
    network, by = _network(load(models, card.name, report)), _times(recipe)

    def on_tile(done: int, of: int) -> None:
        report(Step("Enlarging", done, of))

    settled = replace(recipe, model=card.name, seed=seed_of(recipe), variations=1)
    refine = refiner(settled, models, report) if recipe.number(REFINE) else None
    if (scene.mask == 1).all():
        return Answer(NewCanvas(enlarged(scene.picture, by, network, on_tile, refine), by), settled)
    return Answer(NewLayers((enlarged_part(scene.picture, scene.mask, by, network, on_tile, refine),)), settled)


def refiner(recipe: Recipe, models: Models, report: Report) -> Refine:
    """By the best model that is installed for it. Raises model-missing where there is none: our own small one paints
    smaller than its network enlarges."""
    import numpy as np

    from server.editing.edit import Scene, Step
    from server.editing.painting import load, paint, settle
    from server.editing.refining import refine
    from server.pixels.picture import Picture

    card = models.choose("", Ability.REDRAW)
    if card.bundled:
        raise OverpaintError(
            Code.MODEL_MISSING,
            "Nothing is installed that could draw it finer than it is enlarged.",
            "Get a model with “overpaint models list” and “overpaint models pull NAME”, or leave “refine” at 0.",
        )
    adapter = load(models, card.name, report)
    settled = settle(replace(recipe, strength=recipe.number(REFINE)), adapter, 1.0)

    def draw(image: F32, change: F32, number: int, of: int) -> F32:
        def on_step(step: Step) -> None:
            report(Step("Drawing finer", number * step.of + step.step, of * step.of, step.preview))

        shown = Scene(Picture(image, np.ones(change.shape, np.float32)), change)
        return paint(shown, settled, adapter, on_step, redraw).result.images[0]

    return lambda larger, picture: refine(larger, picture, adapter.native, draw)


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
    settings=("model", "negative", "seed", "steps", "guidance"),
    own=(SCALE, REFINE),
    answers=Answers.CANVAS,
    requires=Ability.ENLARGE,
    estimator=estimate,
    run=enlarge,
    usual=True,
)
