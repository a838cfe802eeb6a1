"""Redraw: SDEdit (Meng et al., arXiv 2108.01073, Algorithm 1).

The picture is noised to t0, then denoised after the words; t0 is the edit strength. With something selected only that
is redrawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.models.families.family import Ability
from server.wire.geometry import Extent
from server.wire.offers import Need, Role

from .method import Method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import Repaint
    from server.models.runtime.adapter import Adapter, OnStep
    from server.models.runtime.denoiser import SamplingRequest
    from server.models.runtime.residency import Models
    from server.pixels.picture import F32
    from server.wire.messages import Estimate, Estimated
    from server.wire.recipe import Recipe

STRENGTH = 0.6
"""The paper keeps faithful between 0.3 and 0.6; below, words hardly show."""


def sdedit(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[Repaint]:
    from server.editing.painting import load, paint, settle

    card = models.choose(recipe.model, Ability.REDRAW)
    adapter = load(models, card.name, report)
    return paint(scene, settle(recipe, adapter, STRENGTH), adapter, report, redraw)


def estimate(question: Estimate, models: Models) -> Estimated:
    from server.tuning.estimate import estimate_painting

    adapter = models.get(models.choose(question.recipe.model, Ability.REDRAW).name)
    return estimate_painting(question, adapter, STRENGTH)


def redraw(model: Adapter, requests: Sequence[SamplingRequest], on_step: OnStep) -> list[F32]:
    """Algorithm 2 of the paper, which is Algorithm 1 with a mask Ω, in latents; for several ``requests`` of one picture
    at once (see ``Sampler``). The mask may be soft: ``ChangeMap``."""
    import torch

    from server.models.runtime.differential import ChangeMap, CleanLatents
    from server.models.runtime.sampling import Trajectory, denoise, guided

    first = requests[0]
    generators = [torch.Generator().manual_seed(request.seed) for request in requests]
    scheduler = model.scheduler(first.steps, Extent(first.image.shape[1], first.image.shape[0]))
    trajectory = Trajectory(scheduler, first.steps, first.strength, generators)  # from t0 to 0
    picture, noise = model.encode_for_sampling(first, generators, trajectory.from_noise)  # x(g) and z
    change = ChangeMap(model.shrink(first.mask), CleanLatents(picture.clean, noise), trajectory)

    def after_step(number: int, latents: Tensor) -> Tensor:
        latents = change.apply(latents, number)  # x ← (1 − Ω) ⊙ (α(t) x(g) + σ(t) z) + Ω ⊙ x
        on_step(number + 1, len(trajectory), model.preview(latents[:1]))
        return latents

    latents = trajectory.start(picture.clean, noise)  # x ← α(t0) x(g) + σ(t0) z
    with torch.no_grad():
        latents = denoise(latents, trajectory, guided(model, requests, picture), after_step)
    return [model.enlarge(image) for image in model.decode(latents)]


METHOD = Method(
    name="sdedit",
    title="Redraw",
    purpose="Redraws the whole layer or the selection after your words, keeping its composition; "
    "edit strength says how much may change.",
    role=Role.REDRAW,
    needs=(Need.PROMPT, Need.LAYER),
    settings=("model", "negative", "seed", "variations", "strength", "steps", "grain", "guidance"),
    requires=Ability.REDRAW,
    references=Ability.REFERENCES,
    estimator=estimate,
    run=sdedit,
    usual=True,
)
