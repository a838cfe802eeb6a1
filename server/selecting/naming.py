"""What finds things by their names, of all that is installed. Needs torch; what points needs none (``engines``)."""

from __future__ import annotations

from server.editing.edit import Report, Step
from server.models.families.families import Ability
from server.models.runtime.adapter import Adapter, Resident
from server.models.runtime.residency import Models
from server.models.runtime.segmenters.segmenter import BoxFinder, WordSegmenter
from server.wire.words import mark

from . import diffedit, engines
from .networks import BoxedEngine, NamedEngine
from .prompts import Engine

SEEKING = mark("Looking for what you named")


def model(name: str, models: Models, report: Report) -> Resident:
    """The model ``name``, or the best that is installed for it, loaded. Raises as ``Models.choose``."""
    card = models.choose(name, Ability.NAME)
    return models.resident(card.name, loading=lambda: report(Step("Loading the model", 0, 1)))


def engine(model: Resident, models: Models, report: Report) -> Engine:
    if isinstance(model, WordSegmenter):
        return NamedEngine(model)
    _, outlines = engines.pointing("", models, report)
    if isinstance(model, BoxFinder):
        return BoxedEngine(model, outlines)
    if not isinstance(model, Adapter):
        raise ValueError(f"{model.card.name} is said to know names, and is nothing that does")
    done = 0

    def on_evaluation(count: int) -> None:
        nonlocal done
        done += count
        report(Step(SEEKING, min(done, diffedit.evaluations()), diffedit.evaluations()))

    on_evaluation(0)
    return diffedit.DiffEditEngine(model, engines.offline(), on_evaluation)
