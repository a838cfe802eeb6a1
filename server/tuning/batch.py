"""All edit strengths and seeds of one answer: on a GPU painted together as far as there is room, on a processor one
after the other, so that each is bit for bit what it is when it is asked for alone."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from server.editing.edit import Report
from server.editing.painting import Easel, PaintingProgress
from server.models.runtime import memory
from server.models.runtime.adapter import Adapter
from server.models.runtime.denoiser import Words
from server.models.runtime.shortage import is_shortage
from server.models.runtime.weights import worn_by
from server.pixels.picture import F32
from server.wire.recipe import Recipe

from .state import Study

log = logging.getLogger(__name__)

_PIXELS_AT_ONCE = 4 * 512 * 512


@dataclass(frozen=True, eq=False)
class Draw:
    """One picture to paint: ē, and the seed of its noise."""

    words: Words
    seed: int


def paint_all(
    easel: Easel, recipe: Recipe, adapter: Adapter, learned: Study, draws: Sequence[Draw], report: Report
) -> tuple[F32, ...]:
    """One picture (H, W, 3) of the scene's size for each draw, in their order, by the model as it was fitted."""
    room = 1 if adapter.place.device.type == "cpu" else _PIXELS_AT_ONCE // (easel.image.shape[0] * easel.image.shape[1])
    at_once = max(1, room)
    images: list[F32] = []
    with worn_by(adapter.denoiser, learned.weights):
        while len(images) < len(draws):
            batch = draws[len(images) : len(images) + at_once]
            paintings = [easel.painting(recipe, draw.seed, draw.words) for draw in batch]
            progress = PaintingProgress(report, len(images), len(batch), len(draws), easel)
            try:
                images += [easel.placed(image) for image in adapter.repaint_all(paintings, progress.step)]
                continue
            except Exception as error:
                if len(batch) == 1 or not is_shortage(error):
                    raise
                at_once = (len(batch) + 1) // 2
                log.warning("memory ran out painting %d at once; going on with %d", len(batch), at_once)
            memory.sweep(adapter.place.device)  # not before: the error holds what did not fit
    return tuple(images)
