"""Which engine looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from server.editing.edit import Report, Step
from server.models.families.families import Ability
from server.models.store.store import taken

from .offline import OfflineEngine
from .prompts import Engine

if TYPE_CHECKING:
    from server.models.runtime.residency import Models
    from server.models.runtime.segmenters.segmenter import PointSegmenter


def offline() -> Engine:
    """What needs no model."""
    return OfflineEngine()


def pointing(model: str, models: Models, report: Report) -> tuple[str, Engine]:
    """What finds what is pointed at, and the name of its model: ``model``, else the best that is installed for it, else
    what needs none, whose name is empty. Raises ``OverpaintError`` for a model that cannot do this."""
    card = taken(model, Ability.POINT, models.store)
    if card is None:
        return "", offline()
    from .networks import PointedEngine  # needs torch

    network = models.resident(card.name, loading=lambda: report(Step("Loading the model", 0, 1)))
    return card.name, PointedEngine(cast("PointSegmenter", network))
