"""Redraw: SDEdit (Meng et al., arXiv 2108.01073, Algorithm 1).

The picture is noised to t0, then denoised after the words; t0 is the edit strength. With something selected only that
is redrawn.
"""

from __future__ import annotations

from server.editing.edit import Answer, Report, Scene
from server.editing.painting import load, paint, settle
from server.models.families.families import Ability
from server.models.runtime.residency import Models
from server.wire.recipe import Recipe

STRENGTH = 0.6
"""The paper keeps faithful between 0.3 and 0.6; below, words hardly show."""


def sdedit(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer:
    card = models.choose(recipe.model, Ability.REDRAW)
    adapter = load(models, card.name, report)
    return paint(scene, settle(recipe, adapter, STRENGTH), adapter, report)
