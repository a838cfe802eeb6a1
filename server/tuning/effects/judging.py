"""Which judge a layer gets, and what it is told: CLIP where that is the model, else the diffusion model itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from server.editing.edit import Report
from server.editing.painting import ModelInput
from server.models.runtime.adapter import Adapter, Resident
from server.models.runtime.clip import Clip
from server.models.runtime.residency import Models
from server.tuning.cache import TuningCache
from server.tuning.looking import look

from . import clip, score
from .clip import ClipCritic
from .critic import Critic, Words
from .score import ScoreCritic


def usual_steps(model: Resident) -> int:
    return clip.STEPS if isinstance(model, Clip) else score.STEPS


def words(model: Resident, said: Words, view: ModelInput, models: Models, report: Report) -> Words:
    """``said`` by the person, with what was left empty, and what the model itself finds for the picture."""
    alone = said.effect or said.target
    if not isinstance(model, Adapter):
        return Words(said.target, said.source, alone)
    cache, identity = TuningCache(models.learned), models.identity(model.card.name)
    source = said.source or look(model, identity, view, report, cache)
    return Words(model.completed(said.target, source), source, alone)


def looking(model: Resident) -> float:
    """How many steps take as long as to find what the picture shows now."""
    return model.evaluations / score.SAMPLES if isinstance(model, Adapter) else 0.0


@contextmanager
def critic(model: Resident, read: Words, view: ModelInput) -> Iterator[Critic]:
    if isinstance(model, Clip):
        yield ClipCritic(model, read)
        return
    model = cast(Adapter, model)
    with model.differentiable() as encode:
        yield ScoreCritic(model, read, (view.mask.shape[0], view.mask.shape[1]), encode)
