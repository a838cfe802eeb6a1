"""The places that were pointed at: those of the recipe, and the parts of a selection."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from server.editing.edit import Scene
from server.pixels.masks import Region, depth_in
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.recipe import MOST_POINTS, Click


def places(scene: Scene) -> tuple[Click, ...]:
    """Each part of what is selected, the largest first, then those of the recipe. Raises ``OverpaintError``
    (empty-selection) where none of them is wanted."""
    found = (*_parts(scene), *scene.points)
    if not any(point.wanted for point in found):
        raise OverpaintError(
            Code.EMPTY_SELECTION,
            "No point lies in the picture.",
            "Point at what you mean, within the layer, or select a small part of it.",
        )
    return found[:MOST_POINTS]


def _parts(scene: Scene) -> Iterator[Click]:
    """Where each part is deepest; nothing where all of the picture was sent, and nothing is selected."""
    if scene.selected is None or scene.selected.all():
        return
    _, parts, facts, _ = cv2.connectedComponentsWithStats(scene.selected.astype(np.uint8), connectivity=8)
    for number in sorted(range(1, len(facts)), key=lambda one: -facts[one, cv2.CC_STAT_AREA])[:MOST_POINTS]:
        left, top, width, height = (int(facts[number, column]) for column in range(4))
        yield _middle(parts == number, Bounds(left, top, width, height))


def _middle(part: Region, box: Bounds) -> Click:
    depth = depth_in(np.pad(part[box.slices], 1))
    y, x = divmod(int(depth.argmax()), depth.shape[1])
    return Click(box.x + x - 1, box.y + y - 1)
