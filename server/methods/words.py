"""Select by words: what the words name (``server.selecting``), by whatever is installed that knows names: SAM 3,
CLIPSeg, Grounding DINO, else a diffusion model, the built-in one included (``server.selecting.diffedit``)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.models.families.families import Ability
from server.wire.errors import Code, OverpaintError
from server.wire.offers import Answers, Need, Role

from .method import Method

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import NewSelection
    from server.models.runtime.residency import Models
    from server.wire.recipe import Recipe


def words(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[NewSelection]:
    """Raises ``OverpaintError`` (empty-selection) where nothing is found that is called so."""
    from server.editing.edit import Answer
    from server.editing.painting import misgivings
    from server.editing.results import NewSelection
    from server.models.runtime.adapter import Adapter
    from server.selecting import naming
    from server.selecting.matting import soft_edge
    from server.selecting.prompts import Prompts
    from server.selecting.selecting import reach

    model = naming.model(recipe.model, models, report)
    settled = replace(recipe, model=model.card.name)
    seen = naming.engine(model, models, report).look(scene.picture)
    there = scene.picture.alpha > 0
    found = (seen.find(Prompts(words=recipe.prompt)) >= 0.5) & there
    if not found.any():
        raise OverpaintError(
            Code.EMPTY_SELECTION,
            f"Nothing was found that would be called “{recipe.prompt[:80]}”.",
            "Say it in other words, or draw around it and snap to it.",
        )
    mask = soft_edge(scene.picture, found, reach(found)) * there
    unsure = misgivings(model, settled) if isinstance(model, Adapter) else ()
    return Answer(NewSelection(mask), settled, unsure)


METHOD = Method(
    name="words",
    title="Select by words",
    purpose="Selects what you name: “the red cup”; with the built-in model only in drawings.",
    role=Role.SELECT,
    needs=(Need.PROMPT, Need.LAYER),
    settings=("model",),
    answers=Answers.SELECTION,
    requires=Ability.NAME,
    run=words,
)
