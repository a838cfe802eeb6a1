"""Heal marks: what a rough selection holds of wires, letters, dust and scratches goes, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from server.editing.edit import Answer, Report, Scene
from server.editing.results import Repaint
from server.methods.heal import FAINT
from server.pixels.masks import distance_to
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Recipe

from .erase import erase_hole
from .levels import Bits
from .marks import marks

if TYPE_CHECKING:
    from server.models.runtime.residency import Models

_BEYOND = 24
"""Pixels around the selection in which what is like a mark is not believed: a wire that goes on there would be copied
back."""

_MOSTLY = 0.7
"""Share of a selection that is no mark any more, but a thing."""


def heal(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[Repaint]:
    """``Edit`` of the method *heal*. Raises empty-selection where nothing is selected, or no mark is in it; bad-request
    where most of it would be one."""
    selected = scene.mask > 0 if scene.selected is None else scene.selected
    if not selected.any():
        raise OverpaintError(Code.EMPTY_SELECTION, "Nothing is selected.", "Select a part with marks on it, roughly.")
    wider = distance_to(selected) <= _BEYOND
    found = marks(scene.picture, wider, recipe.number(FAINT) or 0.0)
    _check(found & selected, selected)
    return erase_hole(scene, found & selected, recipe, models, report, found)


def _check(found: Bits, selected: Bits) -> None:
    if not found.any():
        raise OverpaintError(
            Code.EMPTY_SELECTION,
            "No wire, letters, dust or scratches were found in what you selected.",
            "Look for fainter marks, or select the mark itself and choose Erase.",
        )
    if np.count_nonzero(found) > _MOSTLY * np.count_nonzero(selected):
        raise OverpaintError(
            Code.BAD_REQUEST,
            "What you selected is a mark nearly all over.",
            "Select some of its surroundings too, or choose Erase.",
        )
