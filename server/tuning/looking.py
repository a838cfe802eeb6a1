"""What a model calls a picture, found once and kept: to look takes as long as an edit."""

from __future__ import annotations

from server.editing.edit import Report, Step
from server.editing.painting import ModelInput
from server.models.families.learning import LOOKING
from server.models.runtime.adapter import Adapter
from server.models.runtime.denoiser import OnEvaluation

from .cache import CacheKey, TuningCache, name_of


def look(adapter: Adapter, identity: str, view: ModelInput, report: Report, cache: TuningCache) -> str:
    """The caption of what ``view`` shows; empty for a model that has no words for pictures. identity: of the model's
    files. Whoever only looked is found again by whoever learns, and the other way round."""
    if not adapter.evaluations:
        return ""
    key = CacheKey(name_of("looked", identity, view.image.tobytes(), view.mask.tobytes()), "caption")
    known = cache.found(key, adapter.place.device)
    if known is None:
        caption = adapter.caption(view.image, view.mask, _reported(adapter, report))
        cache.keep(key, {}, caption)
        return caption
    return known[1]


def _reported(adapter: Adapter, report: Report) -> OnEvaluation:
    seen = 0

    def on_evaluation(count: int) -> None:
        nonlocal seen
        seen += count
        report(Step(LOOKING, min(seen, adapter.evaluations), adapter.evaluations))

    on_evaluation(0)
    return on_evaluation
