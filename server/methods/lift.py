"""Lift out: what is selected becomes a layer of its own.

    1. trimap    well inside the selection is the thing, well outside is not; between, nobody knows yet;
    2. matte     how opaque each pixel between is: by ViTMatte where it is installed, else as a mixture of the colours
                 on both sides (``server.selecting.matting``);
    3. colours   of the thing alone, where its edge has mixed them with what is behind (Germer et al., "Fast
                 Multi-Level Foreground Estimation", arXiv 2006.14970);
    4. behind    the hole that it leaves is erased, as *Erase* does it.

The source stays as it is: what was erased lies above it, and the thing above that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.models.families.families import Ability
from server.wire.errors import Code, OverpaintError
from server.wire.offers import Answers, Need, Role
from server.wire.setting import Group, Setting, SettingKind
from server.wire.words import mark

from .method import Method

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import NewLayers, OwnLayer
    from server.models.runtime.residency import Models
    from server.models.runtime.segmenters.segmenter import Matting
    from server.pixels.masks import Region
    from server.selecting.lifting import Matte
    from server.wire.recipe import Recipe

KEPT = mark("left as it is")

BEHIND = Setting(
    "behind",
    SettingKind.CHOICE,
    "Behind it",
    "What becomes of the place where it was",
    group=Group.FIRST,
    choices=(mark("continued"), KEPT),
)

EDGE = Setting(
    "edge",
    SettingKind.WHOLE,
    "Soft edge",
    "Pixels to each side of the selection's edge in which the thing's own is looked for: more for hair, 0 for none",
    0,
    256,
    step=1,
    unit="px",
)

LIFTED, ERASED = mark("Lifted out"), mark("Behind it")


def lift(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[NewLayers]:
    """The thing as a layer; below it, unless asked otherwise, one with what is behind. Raises empty-selection where
    nothing is selected, or the layer is empty there."""
    from server.editing.edit import Answer, Step, seed_of
    from server.editing.results import NewLayers
    from server.selecting.lifting import lifted, usual_edge

    report(Step("Finding the edge", 0, 1))
    selected = _selected(scene)
    edge = recipe.number(EDGE)
    width = usual_edge(selected) if edge is None else int(edge)
    settled = replace(recipe, seed=seed_of(recipe), variations=1)
    named, matte = matter(settled.model, models, report)
    thing = lifted(scene.picture, selected, width, matte)
    layers = [thing.layer(LIFTED)]
    settled = replace(settled, model=named)
    if recipe.extra(BEHIND) != KEPT:
        layers.insert(0, behind(scene, thing.hole, settled, models, report))
    return Answer(NewLayers(tuple(layers)), settled)


def matter(model: str, models: Models, report: Report) -> tuple[str, Matte]:
    """The name of the model that finds edges, and how they are found; empty where none is installed."""
    from typing import cast

    from server.editing.edit import Step
    from server.models.store.store import taken
    from server.selecting.lifting import by_network
    from server.selecting.matting import soft_edge

    card = taken(model, Ability.MATTE, models.store)
    if card is None:
        return "", soft_edge
    network = models.resident(card.name, loading=lambda: report(Step("Loading the model", 0, 1)))
    return card.name, by_network(cast("Matting", network))


def behind(scene: Scene, hole: Region, recipe: Recipe, models: Models, report: Report) -> OwnLayer:
    """What lies in the ``hole``, as far as its surroundings say. Raises bad-request where there are none."""
    import numpy as np

    from server.editing.edit import Scene
    from server.editing.results import OwnLayer
    from server.methods.erasing.erase import erase
    from server.pixels import masks
    from server.pixels.picture import Picture
    from server.selecting.lifting import grown

    gone = grown(hole)
    plain = replace(recipe, method="erase", model="", extras=())
    answer = erase(Scene(scene.picture, gone.astype(np.float32), selected=gone), plain, models, report).result
    assert answer.painted is not None
    box = masks.bounds(answer.painted)
    shown = (answer.painted * scene.picture.alpha)[box.slices].astype(np.float32)
    picture = Picture(np.ascontiguousarray(answer.images[0][box.slices]), np.ascontiguousarray(shown))
    return OwnLayer(picture, box.x, box.y, ERASED)


def _selected(scene: Scene) -> Region:
    selected: Region = (scene.mask >= 0.5) if scene.selected is None else scene.selected
    found: Region = selected & (scene.picture.alpha > 0)
    if not found.any():
        raise OverpaintError(
            Code.EMPTY_SELECTION,
            "There is nothing in the selection to lift out.",
            "Choose the layer that has the thing, and select it.",
        )
    return found


METHOD = Method(
    name="lift",
    title="Lift out",
    purpose="Makes what you selected a layer of its own, with a clean edge; what lies behind it is continued.",
    role=Role.LIFT,
    needs=(Need.SELECTION, Need.LAYER),
    settings=("model", "seed"),
    own=(BEHIND, EDGE),
    answers=Answers.GROUP,
    better_with=Ability.MATTE,
    run=lift,
    usual=True,
)
