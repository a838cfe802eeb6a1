"""What the methods share that paint one picture at any edit strength without learning it: which answers, one by one.

An edit strength is the same to all of them: below 1 the share of the way from noise to picture that is gone anew, as in
SDEdit, so that 0 is the picture as it is; above 1 all of it, led by the words that many times as strongly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from server.models.runtime.adapter import Adapter, OnStep
from server.pixels.picture import F32
from server.wire.recipe import Recipe

from .edit import Report, seed_of
from .painting import ModelInput, PaintingProgress, settle
from .results import seeds


@dataclass(frozen=True)
class Draw:
    """One answer: its edit strength and its seed."""

    eta: float
    seed: int

    def steps(self, of: int) -> int:
        """How many of the last steps are gone."""
        return min(of, round(self.eta * of))

    @property
    def emphasis(self) -> float:
        """By what guidance is multiplied."""
        return max(1.0, self.eta)


Paint = Callable[[Draw, OnStep], F32]
"""One answer at the output size of the model's ``sizes``."""


def settle_strengths(recipe: Recipe, adapter: Adapter, usual: float) -> Recipe:
    """As ``settle``; usual: the edit strength where none was asked for."""
    eta = tuple(round(eta, 4) for eta in recipe.eta or (usual,))
    return replace(settle(recipe, adapter, 1.0), strength=1.0, eta=eta)


def draws(recipe: Recipe) -> tuple[Draw, ...]:
    """All answers of a settled recipe, in the order of ``Answer.images``."""
    numbers = seeds(seed_of(recipe), recipe.variations)
    return tuple(Draw(eta, seed) for eta in recipe.eta for seed in numbers)


def paint_draws(view: ModelInput, recipe: Recipe, report: Report, paint: Paint) -> tuple[F32, ...]:
    """One picture (H, W, 3) of the scene's size for each, one after the other."""
    asked = draws(recipe)
    images = []
    for number, draw in enumerate(asked):
        progress = PaintingProgress(report, number, 1, len(asked), view)
        images.append(view.placed(paint(draw, progress.step)))
    return tuple(images)
