"""A package of somebody else: a method of each role, each with a setting of its own. Nothing here is known to Overpaint
but by the entry points beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.methods.method import Method
from server.wire.offers import Answers, Need, Role
from server.wire.setting import Setting, SettingKind

if TYPE_CHECKING:
    from server.editing.edit import Answer, Edit, Report, ResultT, Scene
    from server.editing.results import NewCanvas, NewLayers, NewSelection, Repaint
    from server.pixels.picture import Picture
    from server.wire.recipe import Recipe

SHADE = Setting("shade", SettingKind.WHOLE, "Shade", "How light the answer is", 0, 255, default=40)
SOFT = 8
"""Pixels over which a selection fades out, from its middle on."""
MARGINS = (8, 6, 12, 10)
"""Left, top, right and bottom, by which a picture is continued beyond its borders."""


def paint(scene: Scene, recipe: Recipe, models: object, report: Report) -> Answer[Repaint]:
    """All of it in one gray."""
    from server.editing.results import Repaint

    return _answer(Repaint((_gray(scene, recipe).rgb,), scene.mask > 0), recipe, report)


def create(scene: Scene, recipe: Recipe, models: object, report: Report) -> Answer[NewLayers]:
    """A gray picture half as large again, a little to the left of and below the corner, its left half half seen
    through; and a small one within it."""
    from server.editing.results import NewLayers, OwnLayer

    width, height = scene.picture.extent.width * 3 // 2, scene.picture.extent.height * 3 // 2
    large, small = _gray(scene, recipe, width, height), _gray(scene, recipe, 5, 4)
    large.alpha[:, : width // 2] = 0.5
    return _answer(NewLayers((OwnLayer(large, -8, 4), OwnLayer(small, 3, 2, "A speck"))), recipe, report)


def enlarge(scene: Scene, recipe: Recipe, models: object, report: Report) -> Answer[NewCanvas]:
    """Twice as large, and gray."""
    from server.editing.results import NewCanvas

    extent = scene.picture.extent
    return _answer(NewCanvas(_gray(scene, recipe, 2 * extent.width, 2 * extent.height), 2), recipe, report)


def expand(scene: Scene, recipe: Recipe, models: object, report: Report) -> Answer[NewCanvas]:
    """The picture as it is, in a gray frame."""
    from server.editing.results import NewCanvas

    left, top, right, bottom = MARGINS
    extent = scene.picture.extent
    framed = _gray(scene, recipe, left + extent.width + right, top + extent.height + bottom)
    here = slice(top, top + extent.height), slice(left, left + extent.width)
    framed.rgb[here], framed.alpha[here] = scene.picture.rgb, scene.picture.alpha
    return _answer(NewCanvas(framed, 1, -left, -top), recipe, report)


def select(scene: Scene, recipe: Recipe, models: object, report: Report) -> Answer[NewSelection]:
    """The left half as far as the shade says, with a soft edge."""
    import numpy as np

    from server.editing.results import NewSelection

    width = scene.picture.extent.width
    fade = np.clip(1 - (np.arange(width) - width // 2 + 1) / SOFT, 0, 1).astype(np.float32)
    mask = np.broadcast_to(fade * np.float32((recipe.number(SHADE) or 0) / 255), scene.mask.shape)
    return _answer(NewSelection(mask), recipe, report)


def _gray(scene: Scene, recipe: Recipe, width: int = 0, height: int = 0) -> Picture:
    """Opaque; of the scene's size where none is given."""
    import numpy as np

    from server.pixels.picture import Picture

    shape = (height or scene.picture.extent.height, width or scene.picture.extent.width)
    rgb = np.full((*shape, 3), (recipe.number(SHADE) or 0) / 255, np.float32)
    return Picture(rgb, np.ones(shape, np.float32))


def _answer(result: ResultT, recipe: Recipe, report: Report) -> Answer[ResultT]:
    from server.editing.edit import Answer, Step, seed_of

    report(Step("Painting", 0, 1))
    return Answer(result, replace(recipe, seed=seed_of(recipe)))


DONE: dict[Role, tuple[Edit, Answers]] = {
    Role.CREATE: (create, Answers.LAYERS),
    Role.ENLARGE: (enlarge, Answers.CANVAS),
    Role.EXPAND: (expand, Answers.CANVAS),
    Role.SELECT: (select, Answers.SELECTION),
}
"""What makes something else than gray paint in the selection."""

METHODS = {
    role: Method(
        name=f"strange-{role.value}",
        title=f"Strange {role.value}",
        purpose="Paints everything in one gray.",
        role=role,
        run=DONE.get(role, (paint, Answers.LAYERS))[0],
        needs=(Need.LAYER,),
        settings=("seed",),
        own=(SHADE,),
        answers=DONE.get(role, (paint, Answers.LAYERS))[1],
    )
    for role in Role
}
globals().update({role.name: method for role, method in METHODS.items()})
