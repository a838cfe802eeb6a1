"""FlowEdit: from the picture to the one that words ask for, straight, without noise to find (Kulikov et al., arXiv
2412.08629, algorithm 1), for models that were trained by flow matching.

With the same noise in both, the picture is followed under its own words and the edited one under the new words; the
edit goes along the difference of the two velocities. FlowAlign (Kim et al., arXiv 2505.23145, algorithm 1) adds a term
that holds both to one end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from server.models.families.family import Ability
from server.wire.geometry import Extent
from server.wire.offers import Need, Role
from server.wire.setting import Setting, SettingKind

from .imagic import read_as
from .method import Method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Generator, Tensor

    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import Repaint
    from server.models.runtime.adapter import Adapter, OnStep
    from server.models.runtime.conditioning import Conditioning
    from server.models.runtime.denoiser import SamplingRequest
    from server.models.runtime.residency import Models
    from server.models.runtime.sampling import Predict
    from server.pixels.picture import F32
    from server.wire.messages import Estimate, Estimated
    from server.wire.recipe import Recipe


@dataclass(frozen=True)
class Published:
    """T, n_max, and both scales of guidance, as §5 of the paper has them for one kind of model."""

    steps: int
    n_max: int
    source_guidance: float
    target_guidance: float


_GUIDED = Published(50, 33, 3.5, 13.5)
"""Stable Diffusion 3: classifier-free guidance."""

_DISTILLED = Published(28, 24, 1.5, 5.5)
"""FLUX: one that reads its guidance."""

SOURCE = Setting(
    "source", SettingKind.TEXT, "It shows now", "What the picture shows now: the edit leads away from that"
)
SOURCE_GUIDANCE = Setting(
    "source_guidance", SettingKind.NUMBER, "Hold the picture", "How closely the picture is followed", 0, 50, step=0.5
)
TARGET_GUIDANCE = Setting(
    "target_guidance", SettingKind.NUMBER, "Push to the words", "How closely the words are followed", 0, 50, step=0.5
)
N_MIN = Setting(
    "n_min", SettingKind.WHOLE, "Free steps", "The last steps that paint freely: for another style", 0, 100, 0
)
N_AVG = Setting("n_avg", SettingKind.WHOLE, "Noises a step", "More of them take longer and are smoother", 1, 16, 1)
TERMINAL = Setting(
    "terminal",
    SettingKind.NUMBER,
    "Hold the end",
    "FlowAlign's term; 0.01 keeps more of the picture, 0 is FlowEdit alone",
    0,
    0.2,
    0,
    step=0.005,
)


def flowedit(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[Repaint]:
    """One answer for each edit strength and variation: the strength is n_max as a share of all T steps."""
    from server.editing.edit import Answer
    from server.editing.exploring import Draw, paint_draws, settle_strengths
    from server.editing.painting import ModelInput, load, misgivings
    from server.editing.results import Repaint
    from server.tuning.cache import TuningCache
    from server.tuning.looking import look

    card = models.choose(recipe.model, Ability.FLOW)
    adapter = load(models, card.name, report)
    published = _published(adapter)
    steps = recipe.steps or published.steps
    settled = settle_strengths(replace(recipe, steps=steps), adapter, published.n_max / published.steps)
    view = ModelInput.of(scene, settled, adapter)
    identity, cache = models.identity(card.name), TuningCache(models.learned)
    caption = recipe.extra(SOURCE) or look(adapter, identity, view, report, cache)
    prompt = adapter.completed(settled.prompt, caption)
    words = adapter.condition(caption), adapter.condition(prompt)

    def paint(draw: Draw, on_step: OnStep) -> F32:
        flow = Flow(
            n_max=draw.steps(steps),
            n_min=int(recipe.number(N_MIN) or 0),
            n_avg=int(recipe.number(N_AVG) or 1),
            source_guidance=_chosen(recipe.number(SOURCE_GUIDANCE), published.source_guidance),
            target_guidance=_chosen(recipe.number(TARGET_GUIDANCE), published.target_guidance) * draw.emphasis,
            terminal=recipe.number(TERMINAL) or 0.0,
        )
        return adapter.enlarge(edit(adapter, view.request(settled, draw.seed), *words, flow, on_step))

    images = paint_draws(view, settled, report, paint)
    return Answer(
        Repaint(images), settled, (*misgivings(adapter, settled), *read_as(settled.prompt, prompt), *view.coarse)
    )


@dataclass(frozen=True)
class Flow:
    """The parameters of algorithm 1, by the paper's names; terminal: FlowAlign's ζ."""

    n_max: int
    n_min: int
    n_avg: int
    source_guidance: float
    target_guidance: float
    terminal: float


def edit(
    model: Adapter, request: SamplingRequest, source: Conditioning, target: Conditioning, flow: Flow, on_step: OnStep
) -> F32:
    """Algorithm 1, in latents; what is not selected stays at X^src, or joins later (``put_back``)."""
    import torch

    from server.models.runtime.differential import put_back

    field = _Field.of(model, request, source, target, flow)
    change, x_src, steps = model.shrink(request.mask), field.x_src, field.steps
    first, free = steps - min(flow.n_max, steps), steps - min(flow.n_min, flow.n_max)

    def after_step(number: int, z: Tensor, original: Tensor) -> Tensor:
        z = put_back(change, original, z, (number + 1 - first) / (steps - first))
        on_step(number + 1, steps, model.preview(z))
        return z

    with torch.no_grad():
        z = x_src  # Z^FE ← X^src
        for number in range(first, free):
            moved = [field.moved(z, number, flow.terminal) for _ in range(flow.n_avg)]
            z = after_step(number, z + torch.stack(moved).mean(0), x_src)
        noise = field.noise()
        if free < steps:
            z = z + field.noised(noise, free) - x_src  # Z^tar ← Z^FE + Z^src − X^src
        for number in range(free, steps):  # from n_min on it is painted as any other
            z = z + field.step(number) * field.v_tar(z, field.timesteps[number])
            z = after_step(number, z, field.noised(noise, number + 1))
    return model.decode(z)[0]


@dataclass(frozen=True, eq=False)
class _Field:
    """The flow around one picture. t: of each step, and 0. v_src, v_tar: the velocities, guided."""

    x_src: Tensor
    t: Sequence[float]
    timesteps: Tensor
    v_src: Predict
    v_tar: Predict
    generator: Generator

    @classmethod
    def of(
        cls, model: Adapter, request: SamplingRequest, source: Conditioning, target: Conditioning, flow: Flow
    ) -> _Field:
        import torch

        from server.models.runtime.sampling import guided

        encoded = model.encode_for_training(request.image, request.mask)
        scheduler = model.scheduler(request.steps, Extent(request.image.shape[1], request.image.shape[0]))
        v_src = guided(model, [replace(request, conditioning=source, guidance=flow.source_guidance)], encoded)
        v_tar = guided(model, [replace(request, conditioning=target, guidance=flow.target_guidance)], encoded)
        generator = torch.Generator().manual_seed(request.seed)
        return cls(encoded.clean, scheduler.sigmas.tolist(), scheduler.timesteps, v_src, v_tar, generator)

    @property
    def steps(self) -> int:
        return len(self.timesteps)

    def step(self, number: int) -> float:
        """t_{i−1} − t_i, below 0."""
        return self.t[number + 1] - self.t[number]

    def noise(self) -> Tensor:
        import torch

        return torch.randn(self.x_src.shape, generator=self.generator).to(self.x_src)

    def noised(self, noise: Tensor, number: int) -> Tensor:
        """Z^src = (1 − t) X^src + t N."""
        return (1 - self.t[number]) * self.x_src + self.t[number] * noise

    def moved(self, z: Tensor, number: int, terminal: float) -> Tensor:
        """(t_{i−1} − t_i) V^Δ of one noise; with FlowAlign's ζ (E[q_0 | q_t] − E[p_0 | p_t])."""
        t, timestep = self.t[number], self.timesteps[number]
        z_src = self.noised(self.noise(), number)
        z_tar = z + z_src - self.x_src  # Z^tar ← Z^FE + Z^src − X^src
        v_src, v_tar = self.v_src(z_src, timestep), self.v_tar(z_tar, timestep)
        ends = (z_src - t * v_src) - (z_tar - t * v_tar)
        return self.step(number) * (v_tar - v_src) + terminal * ends


def _published(adapter: Adapter) -> Published:
    return _GUIDED if adapter.unconditional("") is not None else _DISTILLED


def _chosen(said: float | None, published: float) -> float:
    return published if said is None else said


def estimate(question: Estimate, models: Models) -> Estimated:
    """Each step has two velocities, both guided."""
    from server.tuning.estimate import estimate_untuned

    adapter = models.get(models.choose(question.recipe.model, Ability.FLOW).name)
    published = _published(adapter)
    steps = question.recipe.steps or published.steps
    noises = int(question.recipe.number(N_AVG) or 1)
    share = published.n_max / published.steps
    return estimate_untuned(question, adapter, adapter.evaluations, round(4 * noises * share * steps))


METHOD = Method(
    name="flowedit",
    title="Edit at once (FlowEdit)",
    purpose="Carries the picture straight to what your words say and learns nothing first; for Stable Diffusion 3 and "
    "FLUX.",
    role=Role.LEARN,
    needs=(Need.PROMPT, Need.LAYER),
    settings=("model", "negative", "eta", "seed", "variations", "steps", "grain"),
    own=(SOURCE, SOURCE_GUIDANCE, TARGET_GUIDANCE, N_MIN, N_AVG, TERMINAL),
    explores="eta",
    requires=Ability.FLOW,
    estimator=estimate,
    run=flowedit,
)
