"""A package of somebody else: a method of each role, each with a setting of its own. Nothing here is known to Overpaint
but by the entry points beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.methods.method import Method
from server.wire.offers import Need, Role
from server.wire.setting import Setting, SettingKind

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import Repaint
    from server.wire.recipe import Recipe

SHADE = Setting("shade", SettingKind.WHOLE, "Shade", "How light the answer is", 0, 255, default=40)


def paint(scene: Scene, recipe: Recipe, models: object, report: Report) -> Answer[Repaint]:
    """All of it in one gray."""
    import numpy as np

    from server.editing.edit import Answer, Step, seed_of
    from server.editing.results import Repaint

    report(Step("Painting", 0, 1))
    gray = np.full_like(scene.picture.rgb, (recipe.number(SHADE) or 0) / 255)
    return Answer(Repaint((gray,), scene.mask > 0), replace(recipe, seed=seed_of(recipe)))


METHODS = {
    role: Method(
        name=f"strange-{role.value}",
        title=f"Strange {role.value}",
        purpose="Paints everything in one gray.",
        role=role,
        run=paint,
        needs=(Need.LAYER,),
        settings=("seed",),
        own=(SHADE,),
    )
    for role in Role
}
globals().update({role.name: method for role, method in METHODS.items()})
