"""Split into objects: every thing that is found becomes a layer of its own, with its own edge and colours (*Lift out*).

With words, things with commas between, each of them is looked for (*Select by words*) and gives its layer its name.
Without, what stands out in the picture is found, or, in a layer with transparency, what hangs together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from server.models.families.families import Ability
from server.wire.errors import Code, OverpaintError
from server.wire.offers import Answers, Need, Role
from server.wire.words import mark

from .lift import EDGE, matter
from .method import Method

if TYPE_CHECKING:
    from collections.abc import Iterator

    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import NewLayers
    from server.models.runtime.residency import Models
    from server.pixels.masks import Region
    from server.wire.recipe import Recipe

MOST = 24
"""Layers of one answer."""


@dataclass(frozen=True, eq=False)
class Thing:
    name: str
    region: Region


def split(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[NewLayers]:
    """Raises ``OverpaintError`` (empty-selection) where nothing is found, or nothing of that name."""
    from server.editing.edit import Answer, Step, seed_of
    from server.editing.results import NewLayers
    from server.selecting.lifting import lifted, usual_edge

    named = [word.strip() for word in recipe.prompt.split(",") if word.strip()]
    found = list(_named(named, scene, recipe, models, report) if named else _standing_out(scene, report))
    things = list(_apart(found[:MOST], scene))
    if not things:
        raise OverpaintError(
            Code.EMPTY_SELECTION, "No things were found in the picture.", "Name them, with commas between."
        )
    _, matte = matter("", models, report)
    edge, layers = recipe.number(EDGE), []
    for number, thing in enumerate(things):
        report(Step("Finding the edge", number, len(things)))
        width = usual_edge(thing.region) if edge is None else int(edge)
        layers.append(lifted(scene.picture, thing.region, width, matte).layer(thing.name))
    missing = [name for name in named if name not in {thing.name for thing in things}]
    notices = (mark(f"Not found: {', '.join(missing)}."),) if missing else ()
    return Answer(NewLayers(tuple(layers)), replace(recipe, seed=seed_of(recipe), variations=1), notices)


def _named(names: list[str], scene: Scene, recipe: Recipe, models: Models, report: Report) -> Iterator[Thing]:
    from server.selecting import naming
    from server.selecting.prompts import Prompts

    model = naming.model(recipe.model, models, report)
    for name in names:
        seen = naming.engine(model, models, report).look(scene.picture)
        yield Thing(name, seen.find(Prompts(words=name)) >= 0.5)


def _standing_out(scene: Scene, report: Report) -> Iterator[Thing]:
    from server.editing.edit import Step
    from server.selecting import engines
    from server.selecting.parts import parts
    from server.selecting.prompts import Prompts

    report(Step("Looking at the picture", 0, 1))
    alpha = scene.picture.alpha
    whole = alpha > 0
    if whole.all():
        whole = engines.offline().look(scene.picture).find(Prompts()) >= 0.5
    for number, region in enumerate(parts(whole), 1):
        yield Thing(mark(f"Object {number}"), region)


def _apart(things: list[Thing], scene: Scene) -> Iterator[Thing]:
    """No pixel goes to two: what was found first has it. Only what is selected is looked at."""
    import numpy as np

    free = (scene.mask >= 0.5) & (scene.picture.alpha > 0)
    for thing in things:
        own = thing.region & free
        if own.any():
            free = np.asarray(free & ~own)
            yield replace(thing, region=own)


METHOD = Method(
    name="split",
    title="Split into objects",
    purpose="Makes a layer of its own of every thing that you name, with commas between, or of all that stand out.",
    role=Role.SPLIT,
    needs=(Need.LAYER,),
    settings=("model", "seed"),
    own=(EDGE,),
    answers=Answers.GROUP,
    requires=Ability.NAME,
    run=split,
    usual=True,
)
