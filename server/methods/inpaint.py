"""Replace: repaint what is selected after the user's words.

This is SDEdit from nothing but noise. The mask is soft: differential diffusion (Levin and Fried, arXiv 2306.00950, §4)
lets a half-selected pixel join the denoising half-way, so that the new part grows out of its surroundings
(``server.models.runtime.differential``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.models.families.family import Ability
from server.wire.offers import Need, Role
from server.wire.setting import Group, Setting, SettingKind

from .method import Method
from .sdedit import redraw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import Repaint
    from server.models.runtime.adapter import Adapter, OnStep
    from server.models.runtime.denoiser import SamplingRequest
    from server.models.runtime.residency import Models
    from server.pixels.picture import F32
    from server.wire.messages import Estimate, Estimated
    from server.wire.recipe import Recipe


INSIDE, FILL = "inside", "fill"

FIT = Setting(
    "fit",
    SettingKind.CHOICE,
    "The new thing",
    "inside: lies whole within the selection; fill: reaches up to its edge",
    group=Group.FIRST,
    choices=(INSIDE, FILL),
)
"""Where nobody chose, a model that is shown close-ups keeps things whole: for those it was measured (``bench.fit``)."""


def inpaint(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[Repaint]:
    """At strength 1 what was under the mask is forgotten; below, its colours and shapes shine through."""
    from server.editing.painting import load, paint, settle

    from .replacing.fitting import fitted

    card = models.choose(recipe.model, Ability.INPAINT)
    adapter = load(models, card.name, report)
    settled = settle(recipe, adapter, adapter.defaults.strength)
    inside = (recipe.extra(FIT) or (INSIDE if adapter.close_up else FILL)) == INSIDE
    return paint(scene, settled, adapter, report, fitted(repaint) if inside else repaint)


def estimate(question: Estimate, models: Models) -> Estimated:
    from server.tuning.estimate import estimate_painting

    adapter = models.get(models.choose(question.recipe.model, Ability.INPAINT).name)
    return estimate_painting(question, adapter, adapter.defaults.strength)


def repaint(model: Adapter, requests: Sequence[SamplingRequest], on_step: OnStep) -> list[F32]:
    """A model that looks at reference pictures is shown the picture itself first, so that what it paints belongs there;
    one that was made to inpaint sees as much by itself."""
    shown = [replace(request, references=(request.image, *request.references)) for request in requests]
    return redraw(model, shown, on_step)


METHOD = Method(
    name="inpaint",
    title="Replace",
    purpose="Puts what you describe in place of what you selected.",
    role=Role.REPLACE,
    needs=(Need.PROMPT, Need.SELECTION, Need.LAYER),
    settings=("model", "negative", "seed", "variations", "strength", "steps", "grain", "guidance"),
    own=(FIT,),
    requires=Ability.INPAINT,
    references=Ability.REFERENCES,
    estimator=estimate,
    run=inpaint,
    usual=True,
)
