"""From what was pointed at to a selection with soft edges."""

from __future__ import annotations

import numpy as np

from server.editing.edit import Report, Scene, Step
from server.pixels.masks import bounds
from server.pixels.picture import F32
from server.wire.errors import Code, OverpaintError
from server.wire.words import mark

from .cut import LONGEST
from .looked import looked_at
from .matting import contrast, soft_edge
from .prompts import Engine, Prompts

LOOKING, FINDING = mark("Looking at the picture"), mark("Finding the outline")

_REACH, _LEAST_REACH = 2.5, 4
"""Pixels of a close-up, and of the picture at least, in which an edge may be soft, to both sides of it."""

_PLAIN = 0.03
"""Distance of the colours on both sides of an outline, of √3 at most, below which nothing is there to see."""


def selected(scene: Scene, engine: Engine, prompts: Prompts, report: Report) -> F32:
    """(H, W), 0..1. Raises ``OverpaintError`` (empty-selection) where nothing is found."""
    report(Step(LOOKING, 0, 2))
    seen = looked_at(engine, scene.picture, scene.picture_content)
    report(Step(FINDING, 1, 2))
    found = (seen.find(prompts) >= 0.5) & (scene.picture.alpha > 0)
    if not found.any():
        raise nothing_there()
    mask, alpha = soft_edge(scene.picture, found, reach(found)), scene.picture.alpha
    return mask if alpha.all() else mask * (alpha > 0)


def stands_out(scene: Scene, found: F32) -> bool:
    """Whether anything can be seen along the outline."""
    return contrast(scene.picture, found >= 0.5) > _PLAIN


def reach(found: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    """Pixels to both sides of its outline that the edge may take: as exactly as an engine knew it."""
    return max(_LEAST_REACH, round(_REACH * bounds(found).extent.longest / LONGEST))


def nothing_there() -> OverpaintError:
    return OverpaintError(
        Code.EMPTY_SELECTION,
        "Nothing with an outline of its own was found there.",
        "What you selected stays as you drew it; draw it around the thing, or on it, to try again.",
    )
