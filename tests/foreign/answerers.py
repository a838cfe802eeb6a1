"""A package of somebody else whose methods answer with each kind of result; what they answer follows from places alone,
so that a test can say what it must be."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from server.methods.method import Method
from server.wire.offers import Answers, Need, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import Result
    from server.pixels.picture import Picture
    from server.wire.recipe import Recipe

RAMP = (10, 12, 50, 30)
"""What is found, in the scene: left, top, right, bottom. From left to right more and more selected, to all of it."""

MARGIN = (8, 5, 12, 3)
"""By how much the picture is continued: left, top, right, bottom."""

UNDER, OVER = (-30, -20, 200, 150), (40, 12, 16, 9)
"""Two layers: x, y, width, height. The one below is larger than most images."""


def found(scene: Scene) -> Result:
    import numpy as np

    from server.editing.results import NewSelection

    left, top, right, bottom = RAMP
    mask = np.zeros(scene.picture.alpha.shape, np.float32)
    mask[top:bottom, left:right] = (np.arange(right - left, dtype=np.float32) + 1) / (right - left)
    return NewSelection(mask)


def doubled(scene: Scene) -> Result:
    """The negative, each pixel four times."""
    from server.editing.results import NewCanvas
    from server.pixels.picture import Picture

    large = (1 - scene.picture.rgb).repeat(2, 0).repeat(2, 1)
    return NewCanvas(Picture(large, scene.picture.alpha.repeat(2, 0).repeat(2, 1)), 2)


def stretched(scene: Scene) -> Result:
    from server.editing.results import NewCanvas

    left, top, right, bottom = MARGIN
    height, width = scene.picture.alpha.shape
    return NewCanvas(_even(width + left + right, height + top + bottom, 0.5, 1.0), 1, -left, -top)


def scraps(_: Scene) -> Result:
    from server.editing.results import NewLayers, OwnLayer

    (x, y, width, height), (x2, y2, width2, height2) = UNDER, OVER
    under = OwnLayer(_even(width, height, 1.0, 0.25), x, y, "Under")
    return NewLayers((under, OwnLayer(_even(width2, height2, 0.0, 1.0), x2, y2, "Over")))


def _even(width: int, height: int, shade: float, opacity: float) -> Picture:
    import numpy as np

    from server.pixels.picture import Picture

    alpha = np.full((height, width), opacity, np.float32)
    return Picture(np.full((height, width, 3), shade, np.float32), alpha)


def invented(scene: Scene) -> Result:
    """As large as the scene, out of words alone."""
    from server.editing.results import NewLayers, OwnLayer

    height, width = scene.picture.alpha.shape
    return NewLayers((OwnLayer(_even(width, height, 0.75, 1.0)),))


def striped(scene: Scene) -> Result:
    """An upright stripe for each reference picture: above in the average colour of its upper half on white paper, below
    in that of its lower half."""
    import numpy as np

    from server.editing.results import Repaint
    from server.pixels.picture import on_paper

    height, width = scene.picture.alpha.shape
    image = np.empty((height, width, 3), np.float32)
    for stripe, reference in zip(stripes(width, len(scene.references)), scene.references, strict=True):
        shown = on_paper(reference)
        rows = len(shown)
        image[: height // 2, stripe] = shown[: (rows + 1) // 2].mean((0, 1), np.float64)
        image[height // 2 :, stripe] = shown[rows // 2 :].mean((0, 1), np.float64)
    return Repaint((image,))


def stripes(width: int, count: int) -> list[slice]:
    """So many columns of each stripe."""
    edges = [number * width // count for number in range(count + 1)]
    return [slice(left, right) for left, right in pairwise(edges)]


def _run(make: Callable[[Scene], Result]) -> Callable[..., Answer[Any]]:
    def run(scene: Scene, recipe: Recipe, models: object, report: Report) -> Answer[Any]:
        from server.editing.edit import Answer, Step, seed_of

        report(Step("Working", 0, 1))
        return Answer(make(scene), replace(recipe, seed=seed_of(recipe)))

    return run


def _method(
    name: str, role: Role, make: Callable[[Scene], Result], answers: Answers, needs: tuple[Need, ...] = (Need.LAYER,)
) -> Method:
    return Method(
        name=name,
        title=name.capitalize(),
        purpose="Answers with what follows from places alone.",
        role=role,
        run=_run(make),
        needs=needs,
        settings=("seed",),
        answers=answers,
    )


FOUND = _method("found", Role.SELECT, found, Answers.SELECTION)
DOUBLED = _method("doubled", Role.ENLARGE, doubled, Answers.CANVAS)
STRETCHED = _method("stretched", Role.EXPAND, stretched, Answers.CANVAS)
SCRAPS = _method("scraps", Role.CREATE, scraps, Answers.GROUP)
PIECES = _method("pieces", Role.CREATE, scraps, Answers.LAYERS)
STRIPED = _method("striped", Role.REDRAW, striped, Answers.LAYERS, (Need.LAYER, Need.REFERENCES))
INVENTED = _method("invented", Role.CREATE, invented, Answers.LAYERS, (Need.PROMPT,))
