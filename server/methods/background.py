"""Select background: all but what the picture is of (``subject``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.wire.offers import Answers, Need, Role

from .method import Method
from .subject import subject

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import NewSelection
    from server.models.runtime.residency import Models
    from server.wire.recipe import Recipe


def background(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[NewSelection]:
    from server.editing.edit import Answer
    from server.editing.results import NewSelection

    found = subject(scene, recipe, models, report)
    behind = (1 - found.result.mask) * (scene.picture.alpha > 0)
    return Answer(NewSelection(behind), found.recipe, found.notices)


METHOD = Method(
    name="background",
    title="Select background",
    purpose="Selects all but what the picture is of; needs no model.",
    role=Role.SELECT,
    needs=(Need.LAYER,),
    answers=Answers.SELECTION,
    run=background,
)
