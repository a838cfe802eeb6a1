"""LEDITS++: a picture is led back to its noise, and painted again from there with other words where they apply (Brack
et al., arXiv 2311.16711, §3). Nothing is learned.

    Component 1, perfect inversion     noises are found with which the model paints just this picture;
    Component 2, textual editing       it is painted again from them, each prediction led to the words;
    Component 3, semantic grounding    only where the words look (M¹) and where they change most (M²).

The loop is ours: diffusers' pipelines keep the inversion in themselves, know two families, and no selection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.models.families.family import Ability
from server.models.families.learning import INVERTING
from server.wire.offers import Need, Role
from server.wire.recipe import USUAL_ETA
from server.wire.setting import Setting, SettingKind

from .imagic import read_as
from .method import Method

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import Repaint
    from server.models.runtime.adapter import Adapter, OnStep
    from server.models.runtime.conditioning import Conditioning
    from server.models.runtime.denoiser import EncodedPicture
    from server.models.runtime.residency import Models
    from server.models.runtime.stochastic import StochasticSolver
    from server.pixels.picture import F32
    from server.tuning.inversions import Inversion, InversionJob
    from server.wire.messages import Estimate, Estimated
    from server.wire.recipe import Recipe

EDIT_GUIDANCE = Setting(
    "edit_guidance", SettingKind.NUMBER, "Push to the words", "How strongly the words change it", 0, 30, 5.0, step=0.5
)
EDIT_THRESHOLD = Setting(
    "edit_threshold",
    SettingKind.SHARE,
    "Hold the rest",
    "The share of the picture that the words leave alone",
    0,
    1,
    0.6,
)

_BLUR = 0.5
"""Deviation of the Gaussian that smooths M¹, three wide, as in the authors' pipeline."""

_GROUNDED_BELOW = 800
"""M² counts from this timestep on: in more noise the predictions differ anywhere. As in the authors' pipeline."""


def leditspp(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[Repaint]:
    """One answer for each edit strength and variation. The strength is the share of the steps that are painted again,
    the paper's 1 − skip: the inversion serves all of them."""
    from server.editing.edit import Answer, Step
    from server.editing.exploring import Draw, paint_draws, settle_strengths
    from server.editing.painting import ModelInput, load, misgivings
    from server.editing.results import Repaint
    from server.models.runtime.stochastic import StochasticSolver
    from server.tuning.cache import TuningCache
    from server.tuning.looking import look

    card = models.choose(recipe.model, Ability.INVERT)
    adapter = load(models, card.name, report)
    settled, identity = settle_strengths(recipe, adapter, USUAL_ETA), models.identity(card.name)
    view = ModelInput.of(scene, settled, adapter)
    prompt = adapter.completed(settled.prompt, look(adapter, identity, view, report, TuningCache(models.learned)))
    unwanted = _unwanted(adapter, settled)
    solver = StochasticSolver.of(adapter.schedule, adapter.scheduler(_steps(settled), view.sizes.working).timesteps)
    encoded, job = adapter.encode_for_training(view.image, view.mask), _job(adapter, models, settled)

    def inverted(seed: int) -> Inversion:
        def on_step(done: int) -> None:
            report(Step(INVERTING, done, len(solver)))

        return job.kept(view, seed, lambda: invert(adapter, encoded, unwanted, solver, seed, on_step))

    def paint(draw: Draw, on_step: OnStep) -> F32:
        guidance = Guidance(
            unwanted,
            adapter.condition(prompt),
            adapter.words(prompt),
            scale=(recipe.number(EDIT_GUIDANCE) or 0.0) * draw.emphasis,
            threshold=recipe.number(EDIT_THRESHOLD) or 0.0,
        )
        skip = len(solver) - draw.steps(len(solver))
        latents = edit(
            adapter, encoded, guidance, inverted(draw.seed), solver, skip, adapter.shrink(view.mask), on_step
        )
        return adapter.enlarge(adapter.decode(latents)[0])

    images = paint_draws(view, settled, report, paint)
    job.remember(view, scene.content)
    return Answer(
        Repaint(images), settled, (*misgivings(adapter, settled), *read_as(settled.prompt, prompt), *view.coarse)
    )


def invert(
    model: Adapter,
    encoded: EncodedPicture,
    unwanted: Conditioning,
    solver: StochasticSolver,
    seed: int,
    on_step: Callable[[int], None],
) -> Inversion:
    """Component 1: x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε̃_t with another ε̃_t for each t, the edit-friendly noise space
    (Huberman-Spiegelglas et al., arXiv 2304.06140, §3); then z_t = (x_{t−1} − μ̂(x_t, x_{t+1})) / σ_t of the solver."""
    import torch

    from server.tuning.inversions import Inversion

    schedule, clean = model.schedule, encoded.clean
    noises = torch.randn((len(solver), *clean.shape[1:]), generator=torch.Generator().manual_seed(seed)).to(clean)
    path = torch.cat([schedule.noised(clean, noises, solver.at), clean])
    seen, residues = torch.zeros_like(noises), torch.zeros_like(noises)
    on_step(0)
    with torch.no_grad():
        for number in range(len(solver)):
            at, x_t = solver.at[number, None], path[number, None]
            predicted = model.predict(x_t, schedule.timesteps[at], unwanted, encoded)
            seen[number] = schedule.clean(x_t, predicted, at)[0]
            mean = solver.mean(number, x_t, seen[number, None], seen[number - 1, None] if number else None)
            residues[number] = path[number + 1] - mean[0]  # σ_t z_t; of the last step, what the denoiser cannot know
            on_step(number + 1)
    return Inversion(path, seen, residues)


@dataclass(frozen=True, eq=False)
class Guidance:
    """unwanted, target: what is led away from, and to. words: the tokens of the target that the attention is read for.
    scale: s_e. threshold: λ."""

    unwanted: Conditioning
    target: Conditioning
    words: slice
    scale: float
    threshold: float


def edit(
    model: Adapter,
    encoded: EncodedPicture,
    guidance: Guidance,
    inversion: Inversion,
    solver: StochasticSolver,
    skip: int,
    change: Tensor,
    on_step: OnStep,
) -> Tensor:
    """Components 2 and 3: x_{t−1} = μ̂ + σ_t z_t of the guided prediction ε(x_t, ∅) + s_e · M · ψ, where
    ψ = ε(x_t, target) − ε(x_t, ∅). The first ``skip`` steps are left out; ``change`` is the selection."""
    import torch

    from server.models.runtime.attention import noted
    from server.models.runtime.conditioning import Conditioning
    from server.models.runtime.differential import put_back

    both, twice = Conditioning.stack([guidance.unwanted, guidance.target]), encoded.repeat(2)
    x_t = inversion.path[skip, None]
    before = inversion.seen[skip - 1, None] if skip else None
    with torch.no_grad(), noted(model.network) as attention:
        for number in range(skip, len(solver)):
            at = solver.at[number, None]
            attention.forget()
            away, towards = model.predict(torch.cat([x_t, x_t]), model.schedule.timesteps[at], both, twice).chunk(2)
            psi = towards - away
            mask = _above(_smoothed(attention.map(1, guidance.words, *x_t.shape[-2:])), guidance.threshold)  # M¹
            mask = _spread(mask, psi)
            if at < _GROUNDED_BELOW:
                mask = mask * _above(psi.abs().sum(1, keepdim=True), guidance.threshold)  # M¹ M²
            x_hat = model.schedule.clean(x_t, away + guidance.scale * mask * psi, at)
            x_t = solver.mean(number, x_t, x_hat, before) + inversion.residues[number]
            x_t = put_back(change, inversion.path[number + 1], x_t, (number + 1 - skip) / (len(solver) - skip))
            before = x_hat
            on_step(number + 1, len(solver), model.preview(x_t))
    return x_t


def _above(values: Tensor, share: float) -> Tensor:
    """1 where ``values`` are among the highest 1 − ``share`` of them, else 0."""
    return (values >= values.float().quantile(share)).to(values)


def _smoothed(values: Tensor) -> Tensor:
    """(1, 1, h, w), by a small Gaussian."""
    import torch
    from torch.nn import functional

    places = torch.arange(3, device=values.device) - 1
    line = torch.exp(-((places / (2 * _BLUR)) ** 2))
    kernel = torch.outer(line, line)[None, None] / line.sum() ** 2
    return functional.conv2d(functional.pad(values, (1, 1, 1, 1), "replicate"), kernel.to(values))


def _spread(mask: Tensor, like: Tensor) -> Tensor:
    from torch.nn import functional

    return functional.interpolate(mask, like.shape[-2:])


def _unwanted(adapter: Adapter, recipe: Recipe) -> Conditioning:
    """ε_∅: what is inverted and led away from; as a rule no words."""
    unwanted = adapter.unconditional(recipe.negative)
    assert unwanted is not None  # every UNet guides
    return unwanted


def _steps(recipe: Recipe) -> int:
    assert recipe.steps is not None
    return recipe.steps


def _job(adapter: Adapter, models: Models, recipe: Recipe) -> InversionJob:
    from server.tuning.cache import TuningCache
    from server.tuning.inversions import InversionJob

    depends_on = f"leditspp {_steps(recipe)} {recipe.negative}"
    return InversionJob(adapter, models.identity(adapter.card.name), depends_on, TuningCache(models.learned))


def estimate(question: Estimate, models: Models) -> Estimated:
    """To invert is a step of one sample each; to paint, of two."""
    from server.editing.exploring import settle_strengths
    from server.tuning.estimate import estimate_untuned

    adapter = models.get(models.choose(question.recipe.model, Ability.INVERT).name)
    settled = settle_strengths(question.recipe, adapter, USUAL_ETA)
    known = _job(adapter, models, settled).knows(question.content)
    before = 0 if known else adapter.evaluations + _steps(settled)
    return estimate_untuned(question, adapter, before, 2 * _steps(settled), learned=known)


METHOD = Method(
    name="leditspp",
    title="Edit at once (LEDITS++)",
    purpose="Changes only where your words apply, in seconds, and learns nothing first; for Stable Diffusion.",
    role=Role.LEARN,
    needs=(Need.PROMPT, Need.LAYER),
    settings=("model", "negative", "eta", "seed", "variations", "steps", "grain"),
    own=(EDIT_GUIDANCE, EDIT_THRESHOLD),
    explores="eta",
    requires=Ability.INVERT,
    estimator=estimate,
    run=leditspp,
)
