"""Select subject: what the picture is of (``server.selecting``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.wire.offers import Answers, Need, Role

from .method import Method

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import NewSelection
    from server.models.runtime.residency import Models
    from server.wire.recipe import Recipe


def subject(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[NewSelection]:
    from server.editing.edit import Answer
    from server.editing.results import NewSelection
    from server.selecting import engines
    from server.selecting.prompts import Prompts
    from server.selecting.selecting import selected

    return Answer(NewSelection(selected(scene, engines.offline(), Prompts(), report)), recipe)


METHOD = Method(
    name="subject",
    title="Select subject",
    purpose="Selects what the picture is of: what differs from its borders; needs no model.",
    role=Role.SELECT,
    needs=(Need.LAYER,),
    answers=Answers.SELECTION,
    run=subject,
    usual=True,
)
