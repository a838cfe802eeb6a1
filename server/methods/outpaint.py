"""Expand with a model: what lies beyond a picture's borders is painted after words (outpainting).

The model is shown the larger picture, and repaints it from nothing beyond the borders and less and less within them
(differential diffusion, as ``inpaint``), so that what is new grows out of what is there. Of its answer only what lies
beyond is kept, with the colours of the border.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.models.families.family import Ability
from server.wire.offers import Answers, Need, Role
from server.wire.sides import SIDES

from .inpaint import repaint
from .method import Method

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import NewCanvas
    from server.models.runtime.residency import Models
    from server.wire.recipe import Recipe


def outpaint(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[NewCanvas]:
    from server.editing.edit import Answer, Scene
    from server.editing.painting import load, paint, settle
    from server.editing.room import Room

    room = Room.of(recipe, scene.picture.extent)
    adapter = load(models, models.choose(recipe.model, Ability.INPAINT).name, report)
    settled = replace(settle(recipe, adapter, adapter.defaults.strength), variations=1)
    larger = room.around(scene)
    shown = Scene(larger, room.overlapping, references=scene.references)
    answer = paint(shown, settled, adapter, report, repaint)
    (image,) = answer.result.images
    return Answer(room.answer(room.joined(larger, image)), answer.recipe, answer.notices)


METHOD = Method(
    name="outpaint",
    title="Expand with a Model",
    purpose="Paints what lies beyond the picture's borders after your words, or after what is there.",
    role=Role.EXPAND,
    needs=(Need.LAYER,),
    settings=("model", "negative", "seed", "strength", "steps", "guidance"),
    own=SIDES,
    answers=Answers.CANVAS,
    requires=Ability.INPAINT,
    references=Ability.REFERENCES,
    run=outpaint,
)
