"""Redraw: SDEdit (Meng et al., arXiv 2108.01073, Algorithm 1).

The picture is noised to t0, then denoised after the words; t0 is the edit strength. With something selected only that
is redrawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.models.families.families import Ability
from server.wire.offers import Need, Role

from .method import Method

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.models.runtime.residency import Models
    from server.wire.recipe import Recipe

STRENGTH = 0.6
"""The paper keeps faithful between 0.3 and 0.6; below, words hardly show."""


def sdedit(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer:
    from server.editing.painting import load, paint, settle

    card = models.choose(recipe.model, Ability.REDRAW)
    adapter = load(models, card.name, report)
    return paint(scene, settle(recipe, adapter, STRENGTH), adapter, report)


METHOD = Method(
    name="sdedit",
    title="Redraw",
    purpose="Redraws the whole layer or the selection after your words, keeping its composition; "
    "edit strength says how much may change.",
    role=Role.REDRAW,
    needs=(Need.PROMPT, Need.LAYER),
    settings=("model", "negative", "seed", "variations", "strength", "steps", "guidance"),
    requires=Ability.REDRAW,
    run=sdedit,
)
