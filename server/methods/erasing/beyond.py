"""Expand: what lies beyond a picture's borders is a hole like any other, known on one side only.

It is painted strip by strip: first to the left and right, then above and below over the whole new width, so that the
corners continue what was painted already. Each looks at twice as much of the picture beside it as it is wide, and at
more where it is narrow; and because nothing holds it on its far side, it takes what lies at the same height (or, above
and below, in the same column) rather than what only looks alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from server.editing.edit import Answer, Report, Scene, seed_of
from server.editing.results import NewCanvas
from server.editing.room import Room
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.recipe import Recipe

from .erase import paint, passes_of, settings_for
from .fill import PatchSettings
from .levels import Bits
from .progress import ErasingProgress
from .regions import Region

if TYPE_CHECKING:
    from server.models.runtime.residency import Models

_LEAST, _MOST = 128, 640
"""Pixels of the picture beside a strip that are looked at."""

_ASTRAY = 1.0
"""What a match costs that lies as far along the strip as that is long: a sky's colours stay at their height."""


def expand(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[NewCanvas]:
    """``Edit`` of the method *expand*. Where a border is transparent nothing is painted beyond it. Raises
    empty-selection where all of them are."""
    room, seed = Room.of(recipe, scene.picture.extent), seed_of(recipe)
    larger = room.around(scene)
    hole, known = ((room.new == new) & (larger.alpha > 0) for new in (1, 0))
    strips = tuple(_strips(room, hole))
    if not strips:
        raise OverpaintError(
            Code.EMPTY_SELECTION,
            "The chosen layer is empty along those sides, so there is nothing to continue.",
            "Choose the layer that reaches there, or read the visible picture.",
        )
    progress = ErasingProgress(report, sum(passes_of(one.region, one.settings(known)) for one in strips), larger.rgb)
    for number, one in enumerate(strips):
        random = np.random.default_rng([seed, number])
        paint(larger.rgb, one.region, one.settings(known), known, random, progress)
        known[one.region.rows, one.region.columns] |= one.region.hole
    return Answer(room.answer(larger), replace(recipe, seed=seed, variations=1))


@dataclass(frozen=True, eq=False)
class Strip:
    """Along one side of the picture. upright: on its left or right."""

    region: Region
    upright: bool

    def settings(self, known: Bits) -> PatchSettings | None:
        found = settings_for(self.region, known)
        height, width = self.region.hole.shape
        along = (_ASTRAY / height, 0.0) if self.upright else (0.0, _ASTRAY / width)
        return replace(found, along=along) if found is not None else None


def _strips(room: Room, hole: Bits) -> Iterator[Strip]:
    """Those that have something to paint."""
    canvas, inner = room.canvas, room.inner
    across = Bounds(0, inner.y, canvas.width, inner.height)
    for place, within in (
        (Bounds(0, inner.y, room.left, inner.height), across),
        (Bounds(inner.right, inner.y, room.right, inner.height), across),
        (Bounds(0, 0, canvas.width, room.top), Bounds(0, 0, canvas.width, inner.bottom)),
        (Bounds(0, inner.bottom, canvas.width, room.bottom), Bounds(0, 0, canvas.width, canvas.height)),
    ):
        if hole[place.slices].any():
            reach = int(np.clip(2 * min(place.width, place.height), _LEAST, _MOST))
            seen = place.grown(reach).intersect(within)
            own = np.zeros((seen.height, seen.width), bool)
            own[place.relative_to(seen).slices] = hole[place.slices]
            yield Strip(Region(*seen.slices, own), within is across)
