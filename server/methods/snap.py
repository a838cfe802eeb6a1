"""Snap to object: what was roughly selected becomes the outline of the thing under it (``server.selecting``)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.models.families.families import Ability
from server.wire.offers import Answers, Need, Role
from server.wire.setting import Group, Setting, SettingKind

from .method import Method

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import NewSelection
    from server.models.runtime.residency import Models
    from server.wire.recipe import Recipe

DRAWN = Setting(
    "drawn",
    SettingKind.CHOICE,
    "You drew",
    "A scribble on it, or a lasso or box around it; auto: as the shape of what is selected says",
    group=Group.FIRST,
    choices=("auto", "on it", "around it"),
)


def snap(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[NewSelection]:
    """Raises ``OverpaintError`` (empty-selection) where there is nothing to be seen under what was selected."""
    from server.editing.edit import Answer
    from server.editing.results import NewSelection
    from server.selecting import engines
    from server.selecting.drawn import drawn_as
    from server.selecting.prompts import Drawn, Prompts
    from server.selecting.selecting import nothing_there, selected, stands_out

    rough = scene.selected if scene.selected is not None else scene.mask >= 0.5
    drawn = drawn_as(rough, Drawn(recipe.extra(DRAWN) or DRAWN.choices[0]))
    name, engine = engines.pointing(recipe.model, models, report)
    found = selected(scene, engine, Prompts(rough=rough, drawn=drawn), report)
    if not stands_out(scene, found):
        raise nothing_there()
    return Answer(NewSelection(found), replace(recipe, model=name))


METHOD = Method(
    name="snap",
    title="Snap to object",
    purpose="Makes a rough selection the outline of the thing under it, with soft edges; needs no model.",
    role=Role.SELECT,
    needs=(Need.SELECTION, Need.LAYER),
    settings=("model", "context"),
    own=(DRAWN,),
    answers=Answers.SELECTION,
    better_with=Ability.POINT,
    run=snap,
)
