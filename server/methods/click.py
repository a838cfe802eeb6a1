"""Select by click: what lies where somebody pointed, refined by each further place (``server.selecting``)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.models.families.families import Ability
from server.wire.offers import Answers, Need, Role

from .method import Method

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import NewSelection
    from server.models.runtime.residency import Models
    from server.wire.recipe import Recipe


def click(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[NewSelection]:
    """Raises ``OverpaintError`` (empty-selection) where no wanted place lies in the picture."""
    from server.editing.edit import Answer
    from server.editing.results import NewSelection
    from server.selecting import engines
    from server.selecting.places import places
    from server.selecting.prompts import Prompts
    from server.selecting.selecting import selected

    name, engine = engines.pointing(recipe.model, models, report)
    found = selected(scene, engine, Prompts(places(scene)), report)
    return Answer(NewSelection(found), replace(recipe, model=name))


METHOD = Method(
    name="click",
    title="Select by click",
    purpose="Selects what lies under each part of the selection, or under the points you give; needs no model.",
    role=Role.SELECT,
    needs=(Need.POINTS, Need.LAYER),
    settings=("model",),
    answers=Answers.SELECTION,
    better_with=Ability.POINT,
    run=click,
)
