"""A package of somebody else whose methods answer with every kind of result, each known without looking: a ramp as a
selection, a picture twice as large, one with room around it, a layer that lies elsewhere, a group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from server.methods.method import Method
from server.wire.offers import Answers, Need, Role

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import Result
    from server.pixels.picture import Picture
    from server.wire.recipe import Recipe

EXPANDED = (-16, -8, 40, 24)
"""Where an expanded picture begins, and by how much it is wider and higher."""

PLACED = (-5, 7, 40, 30)
"""Where a created layer lies in the crop, and its size."""

GRAYS = (0.25, 0.75)


def flat(width: int, height: int, gray: float = GRAYS[0], alpha: float = 1.0) -> Picture:
    import numpy as np

    from server.pixels.picture import Picture

    rgb = np.full((height, width, 3), gray, np.float32)
    return Picture(rgb, np.full((height, width), alpha, np.float32))


def found(scene: Scene) -> Result:
    """From nothing on the left to all on the right."""
    import numpy as np

    from server.editing.results import NewSelection

    height, width = scene.picture.alpha.shape
    return NewSelection(np.tile(np.linspace(0, 1, width, dtype=np.float32), (height, 1)))


def enlarged(scene: Scene) -> Result:
    from server.editing.results import NewCanvas

    height, width = scene.picture.alpha.shape
    return NewCanvas(flat(2 * width, 2 * height), scale=2)


def expanded(scene: Scene) -> Result:
    from server.editing.results import NewCanvas

    height, width = scene.picture.alpha.shape
    x, y, wider, higher = EXPANDED
    return NewCanvas(flat(width + wider, height + higher), x=x, y=y)


def created(scene: Scene) -> Result:
    from server.editing.results import NewLayers, OwnLayer

    x, y, width, height = PLACED
    return NewLayers((OwnLayer(flat(width, height, alpha=0.5), x, y, "Thing"),))


def compared(scene: Scene) -> Result:
    from server.editing.results import NewLayers, OwnLayer

    height, width = scene.picture.alpha.shape
    layers = (
        OwnLayer(flat(width, height, gray), name=name) for gray, name in zip(GRAYS, ("Dark", "Light"), strict=True)
    )
    return NewLayers(tuple(layers))


def answering(make: Callable[[Scene], Result]) -> Callable[..., Answer[Result]]:
    def run(scene: Scene, recipe: Recipe, models: object, report: Report) -> Answer[Result]:
        from server.editing.edit import Answer, Step, seed_of

        report(Step("Painting", 0, 1))
        return Answer(make(scene), replace(recipe, seed=seed_of(recipe)))

    return run


def method(role: Role, answers: Answers, make: Callable[[Scene], Result]) -> Method:
    name = f"kinds-{role.value}"
    return Method(name, name, "Answers what is known.", role, answering(make), (Need.LAYER,), ("seed",), (), answers)


SELECT = method(Role.SELECT, Answers.SELECTION, found)
ENLARGE = method(Role.ENLARGE, Answers.CANVAS, enlarged)
EXPAND = method(Role.EXPAND, Answers.CANVAS, expanded)
CREATE = method(Role.CREATE, Answers.LAYERS, created)
COMPARE = method(Role.COMPARE, Answers.GROUP, compared)
