"""Select with its shadow: what is selected, its shadow and its reflection as one selection."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from server.editing.edit import Answer, Report, Scene, Step, seed_of
from server.editing.results import NewSelection
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Recipe
from server.wire.words import mark

from .levels import Bits
from .shadows import with_shadow

if TYPE_CHECKING:
    from server.models.runtime.residency import Models

_STAGE = mark("Looking for the shadow")


def with_its_shadow(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[NewSelection]:
    """``Edit`` of the method *shadow*. Raises empty-selection where nothing is selected, or where it has neither."""
    report(Step(_STAGE, 0, 1))
    thing = scene.mask > 0 if scene.selected is None else scene.selected
    if not thing.any():
        raise OverpaintError(Code.EMPTY_SELECTION, "Nothing is selected.", "Select the thing whose shadow should go.")
    shadow = with_shadow(scene.picture, thing)
    if not shadow.any():
        raise OverpaintError(
            Code.EMPTY_SELECTION,
            "No shadow and no reflection of what you selected was found.",
            "Select all of the thing down to its foot, or add its shadow to the selection by hand.",
        )
    mask = np.asarray(thing | shadow, np.float32)
    settled = replace(recipe, seed=seed_of(recipe), variations=1)
    return Answer(NewSelection(mask), settled, _notices(shadow))


def _notices(shadow: Bits) -> tuple[str, ...]:
    if not (shadow[[0, -1]].any() or shadow[:, [0, -1]].any()):
        return ()
    return (mark("The shadow reaches the end of what was looked at; with more surroundings more of it may be found."),)
