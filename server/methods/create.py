"""Create: a picture of the words alone, as a layer of its own.

SDEdit from nothing but noise, and with nothing around it: what is in the document plays no part but for its size, and
for the outline of what is selected, which the new layer has, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.models.families.family import Ability
from server.wire.offers import Need, Role

from .method import Method
from .sdedit import redraw

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import NewLayers
    from server.models.runtime.residency import Models
    from server.wire.messages import Estimate, Estimated
    from server.wire.recipe import Recipe


def create(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[NewLayers]:
    import numpy as np

    from server.editing.edit import Answer, Scene, seed_of
    from server.editing.painting import load, paint, settle
    from server.editing.results import NewLayers, OwnLayer, seeds
    from server.pixels import masks
    from server.pixels.picture import Picture

    card = models.choose(recipe.model, Ability.INPAINT)
    adapter = load(models, card.name, report)
    box = masks.bounds(scene.mask)
    paper = np.ones((box.height, box.width), np.float32)
    blank = Scene(Picture(np.repeat(paper[..., None], 3, axis=2), paper), paper, references=scene.references)
    painted = paint(blank, settle(recipe, adapter, 1.0), adapter, report, redraw)
    images = zip(painted.result.images, seeds(seed_of(painted.recipe), painted.recipe.variations), strict=True)
    layers = (OwnLayer(Picture(image, paper), box.x, box.y, masked=True, seed=seed) for image, seed in images)
    return Answer(NewLayers(tuple(layers)), painted.recipe, painted.notices)


def estimate(question: Estimate, models: Models) -> Estimated:
    from server.tuning.estimate import estimate_painting

    adapter = models.get(models.choose(question.recipe.model, Ability.INPAINT).name)
    return estimate_painting(question, adapter, 1.0)


METHOD = Method(
    name="create",
    title="Create",
    purpose="Makes a picture of what you describe, as a layer of its own; what is there already plays no part.",
    role=Role.CREATE,
    needs=(Need.PROMPT,),
    settings=("model", "negative", "seed", "variations", "steps", "guidance", "grow", "feather"),
    requires=Ability.INPAINT,
    references=Ability.REFERENCES,
    estimator=estimate,
    run=create,
    usual=True,
)
