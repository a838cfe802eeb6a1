"""Create: a picture of the words alone, as a layer of its own.

SDEdit from nothing but noise, and with nothing around it: what is in the document plays no part but for its size, and
for the outline of what is selected, which the new layer has, too. Where the background is to be transparent, the
picture is painted on paper whose rim is held, and what is paper then is taken away (``server.pixels.cutout``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.models.families.family import Ability
from server.wire.offers import Need, Role
from server.wire.setting import Group, Setting, SettingKind
from server.wire.words import mark

from .method import Method
from .sdedit import redraw

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import NewLayers
    from server.models.runtime.residency import Models
    from server.pixels.picture import F32
    from server.wire.messages import Estimate, Estimated
    from server.wire.recipe import Recipe


TRANSPARENT = mark("transparent")

BACKGROUND = Setting(
    "background",
    SettingKind.CHOICE,
    "Background",
    "Transparent: what your words name stands alone",
    group=Group.FIRST,
    choices=(mark("painted"), TRANSPARENT),
)

ON_PAPER = "on white background"
"""So models call plain paper, the built-in one too."""

RIM = 24
"""Of so many pixels of the shorter side one is held as paper along the border."""

LEAST_CUT, MOST_CUT = 0.05, 0.995
"""Shares of the picture that were paper, beyond which it was not as it should be."""


def create(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[NewLayers]:
    import numpy as np

    from server.editing.edit import Answer, Scene, seed_of
    from server.editing.painting import load, paint, settle
    from server.editing.results import NewLayers, OwnLayer, seeds
    from server.pixels import cutout, masks
    from server.pixels.picture import Picture

    card = models.choose(recipe.model, Ability.INPAINT)
    adapter = load(models, card.name, report)
    box = masks.bounds(scene.mask)
    paper = np.ones((box.height, box.width), np.float32)
    alone = recipe.extra(BACKGROUND) == TRANSPARENT
    settled = settle(recipe, adapter, 1.0)
    picture, shown = Picture(np.repeat(paper[..., None], 3, axis=2), paper), _within_rim(paper) if alone else paper
    blank = Scene(picture, shown, references=scene.references)
    asked = replace(settled, prompt=_on_paper(settled.prompt)) if alone else settled
    painted = paint(blank, asked, adapter, report, redraw)
    images = painted.result.images
    made = [cutout.without_paper(_held(image, shown)) if alone else Picture(image, paper) for image in images]
    numbered = zip(made, seeds(seed_of(settled), settled.variations), strict=True)
    layers = (OwnLayer(picture, box.x, box.y, masked=True, seed=seed) for picture, seed in numbered)
    misgivings = _misgivings([cutout.share_cut(picture, shown > 0) for picture in made]) if alone else ()
    return Answer(NewLayers(tuple(layers)), settled, (*painted.notices, *misgivings))


def _on_paper(prompt: str) -> str:
    """Unless the words speak of a background themselves."""
    return prompt if "background" in prompt.lower() else f"{prompt}, {ON_PAPER}"


def _within_rim(paper: F32) -> F32:
    """1 where it may be painted."""
    rim = min(paper.shape) // RIM
    mask = paper.copy()
    if rim:
        mask[:rim] = mask[-rim:] = mask[:, :rim] = mask[:, -rim:] = 0
    return mask


def _held(image: F32, shown: F32) -> F32:
    """An autoencoder's white is not all white."""
    return image * shown[..., None] + (1 - shown[..., None])


def _misgivings(shares: list[float]) -> tuple[str, ...]:
    """shares: of each picture that was taken away as paper."""
    if min(shares) < LEAST_CUT:
        return (mark("The model painted a background all the same; what is not plain paper stays."),)
    if max(shares) > MOST_CUT:
        return (mark("The model painted hardly anything that stands out from its paper."),)
    return ()


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
    own=(BACKGROUND,),
    requires=Ability.INPAINT,
    references=Ability.REFERENCES,
    estimator=estimate,
    run=create,
    usual=True,
)
