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
    from server.editing.enlarging import Enlarger
    from server.editing.refining import Refine
    from server.editing.results import NewCanvas, NewLayers
    from server.models.runtime.adapter import Resident
    from server.models.runtime.diffusion_upscaler import DiffusionUpscaler, Wording
    from server.models.runtime.residency import Models
    from server.models.runtime.super_resolution import OnTile, SuperResolution
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
    from server.editing.results import NewCanvas, NewLayers

    card, by = models.choose(recipe.model, Ability.ENLARGE), _times(recipe)
    model = models.resident(card.name, loading=lambda: report(Step("Loading the model", 0, 1)))

    def on_tile(done: int, of: int) -> None:
        report(Step("Enlarging", done, of))

    settled = replace(recipe, model=card.name, seed=seed_of(recipe), variations=1)
    enlarger = _enlarger(model, settled, by)
    if recipe.number(REFINE):
        enlarger = _refined(enlarger, refiner(settled, models, report))
    if (scene.mask == 1).all():
        return Answer(NewCanvas(enlarged(scene.picture, enlarger, on_tile), by), settled)
    return Answer(NewLayers((enlarged_part(scene.picture, scene.mask, enlarger, on_tile),)), settled)


def _enlarger(model: Resident, recipe: Recipe, by: int) -> Enlarger:
    from server.editing.edit import seed_of
    from server.editing.enlarging import Enlarger
    from server.editing.upscaling import upscale
    from server.models.runtime import super_resolution
    from server.models.runtime.diffusion_upscaler import DiffusionUpscaler
    from server.pixels.sizes import resample
    from server.wire.geometry import Extent

    if isinstance(model, DiffusionUpscaler):
        wording, seed = _wording(model, recipe), seed_of(recipe)
        return Enlarger(
            by,
            lambda picture, on_step: upscale(picture, by, model, wording, seed, on_step),
            lambda opacity, on_step: resample(opacity, Extent(by * opacity.shape[1], by * opacity.shape[0])),
        )
    network = _network(model)

    def enlarge(picture: F32, on_tile: OnTile) -> F32:
        return super_resolution.enlarge(picture, by, network, on_tile)

    return Enlarger(by, enlarge, enlarge)


def _wording(model: DiffusionUpscaler, recipe: Recipe) -> Wording:
    """What the model is best asked for where the user said nothing."""
    from server.models.runtime.diffusion_upscaler import Wording

    usual = model.defaults
    guidance = usual.guidance if recipe.guidance is None else recipe.guidance
    return Wording(recipe.prompt, recipe.negative, recipe.steps or usual.steps, guidance)


def _refined(enlarger: Enlarger, refine: Refine) -> Enlarger:
    def colours(picture: F32, on_tile: OnTile) -> F32:
        return refine(enlarger.colours(picture, on_tile), picture)

    return replace(enlarger, colours=colours)


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
    from server.wire.messages import Estimated

    model = models.resident(models.choose(question.recipe.model, Ability.ENLARGE).name)
    seconds, memory = _seconds(model, question), model.nbytes / 1e9
    if question.recipe.number(REFINE):
        finer = _refining(question, models)
        seconds, memory = seconds + finer.render_s, max(memory, finer.memory_gb)
    return Estimated(question.question, model.card.name, "", 0.0, seconds, memory)


def _seconds(model: Resident, question: Estimate) -> float:
    """A small piece is enlarged, to see how quickly that goes."""
    import numpy as np

    from server.editing.refining import count_tiles
    from server.models.runtime import super_resolution
    from server.models.runtime.diffusion_upscaler import DiffusionUpscaler
    from server.tuning.estimate import timed

    extent, by = question.layer.bounds.extent, _times(question.recipe)
    if isinstance(model, DiffusionUpscaler):
        wording = _wording(model, question.recipe)
        step, trial = replace(wording, steps=1), np.full((model.native, model.native, 3), 0.5, np.float32)
        each = timed(model, lambda: model.paint(trial, step, 0, lambda done, of: None))
        return each * wording.steps * count_tiles(extent.height, extent.width, model.native)
    network, trial = _network(model), np.full((_TIMED, _TIMED, 3), 0.5, np.float32)
    each = timed(model, lambda: super_resolution.enlarge(trial, by, network, lambda done, of: None))
    return each * super_resolution.pixels_seen(extent, network) / _TIMED**2


def _refining(question: Estimate, models: Models) -> Estimated:
    """Of drawing all its tiles anew, each as the model's own size."""
    from server.editing.refining import count_tiles
    from server.tuning.estimate import estimate_painting
    from server.wire.geometry import Bounds

    adapter, by = models.get(models.choose("", Ability.REDRAW).name), _times(question.recipe)
    extent, side = question.layer.bounds.extent, adapter.native
    tiles = count_tiles(by * extent.height, by * extent.width, side)
    tile = replace(question.layer, bounds=Bounds(0, 0, side, side))
    asked = replace(question.recipe, strength=question.recipe.number(REFINE), variations=1)
    told = estimate_painting(replace(question, layer=tile, recipe=asked), adapter, 1.0)
    return replace(told, render_s=tiles * told.render_s)


def _times(recipe: Recipe) -> int:
    return int(recipe.extra(SCALE) or SCALE.choices[0])


def _network(model: Resident) -> SuperResolution:
    from server.models.runtime.adapter import Adapter

    if not isinstance(model, Adapter) or model.super_resolution is None:
        raise ValueError(f"{model.card.name} is said to enlarge, and has nothing to do it with")
    return model.super_resolution


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
