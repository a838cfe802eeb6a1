"""Paint an effect layer: Text2LIVE (Bar-Tal et al., arXiv 2204.02491). The picture stays as it is; what the words add
to it, smoke, snow, another material, is a layer of its own with its own opacity.

A generator that is made for this one picture paints colour and opacity, and is fitted by (§3.1)

    L = L_comp + λ_g L_screen + λ_s L_structure + λ_r L_reg                                    equation 2

    composition  the layer over the picture fits the words;
    screen       so does the layer alone, over green;
    structure    what was alike in the picture stays alike, and what differed still does;
    sparsity     nothing is covered that need not be.

The words are judged by CLIP where it is installed, as in the paper, else by the diffusion model itself
(``tuning.effects``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.models.families.family import Ability
from server.wire.offers import Need, Role
from server.wire.setting import Setting, SettingKind

from .flowedit import SOURCE
from .imagic import read_as
from .method import Method

if TYPE_CHECKING:
    from torch import Tensor

    from server.editing.edit import Answer, Report, Scene
    from server.editing.effect import LearnedLayer
    from server.editing.painting import ModelInput
    from server.editing.results import NewLayers
    from server.models.runtime.adapter import OnStep
    from server.models.runtime.residency import Models
    from server.tuning.effects.critic import Critic
    from server.wire.messages import Estimate, Estimated
    from server.wire.recipe import Recipe

SCREEN, STRUCTURE, SPARSITY = 1.0, 2.0, 6.0
"""λ_g, λ_s and λ_r, as the authors published them with their code."""

NORM = 0.01
"""γ of both norms in L_reg, there."""

DECAY, LEAST_RATE = 0.99, 1e-5
"""By what the learning rate falls with each step, and where that ends, there. They have MADGRAD, whose package is no
longer kept; Adam takes the same rates."""

SHOWN_EVERY = 10
"""Steps from one preview to the next."""

_TIMED = 4
"""Steps for an estimate: the first warms up, the first and the last show a preview."""

ALONE = Setting(
    "alone", SettingKind.TEXT, "The effect alone", "What the new layer shows by itself: “smoke”; empty: your words"
)
SPARE = Setting(
    "spare", SettingKind.NUMBER, "Cover little", "How hard the layer is held to what it needs", 0, 10, 1.0, step=0.25
)


def text2live(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[NewLayers]:
    """One layer for each variation."""
    from server.editing.edit import Answer, Step, seed_of
    from server.editing.effect import own_layer
    from server.editing.painting import ModelInput, PaintingProgress, misgivings
    from server.editing.results import NewLayers, seeds
    from server.models.runtime.adapter import Adapter
    from server.tuning.effects import judging
    from server.tuning.effects.critic import Words

    card = models.choose(recipe.model, Ability.EFFECT)
    model = models.resident(card.name, loading=lambda: report(Step("Loading the model", 0, 1)))
    steps = recipe.steps or judging.usual_steps(model)
    settled = replace(recipe, model=card.name, seed=seed_of(recipe), steps=steps)
    view = ModelInput.of(scene, settled, model)
    said = Words(settled.prompt, settled.extra(SOURCE), settled.extra(ALONE))
    words = judging.words(model, said, view, models, report)
    layers = []
    with judging.critic(model, words, view) as critic:
        for number, seed in enumerate(seeds(seed_of(settled), settled.variations)):
            progress = PaintingProgress(report, number, 1, settled.variations, view)
            learned = learn(view, critic, settled, seed, progress.step)
            layers.append(own_layer(learned, view, model, seed))
    unsure = misgivings(model, settled) if isinstance(model, Adapter) else ()
    return Answer(NewLayers(tuple(layers)), settled, (*unsure, *read_as(settled.prompt, words.target), *view.coarse))


def learn(view: ModelInput, critic: Critic, recipe: Recipe, seed: int, on_step: OnStep) -> LearnedLayer:
    """The generator of one layer, fitted from nothing, and what it paints at the end. recipe: settled."""
    import torch

    from server.tuning.effects.generator import Generator
    from server.tuning.effects.layer import View

    assert recipe.steps is not None
    source, limits = critic.placed(view.image), critic.placed(view.mask)
    draws = torch.Generator().manual_seed(seed)
    generator = Generator.fresh(min(view.mask.shape), critic.width, seed).to(source.device)
    adam = torch.optim.Adam(generator.parameters(), critic.rate)
    falling = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: max(DECAY**step, LEAST_RATE / critic.rate))
    spare = recipe.number(SPARE) or 0.0

    def painted() -> LearnedLayer:
        with torch.no_grad():
            return generator.painted(source).within(limits).learned()

    for number in range(recipe.steps):
        seen = View.drawn(source.shape[-2], source.shape[-1], draws)
        layer = generator.painted(seen.of(source)).within(seen.of(limits))
        losses = critic.judge(seen.of(source), layer, draws)
        loss = losses.composition + SCREEN * losses.screen + STRUCTURE * losses.structure
        adam.zero_grad()
        torch.autograd.backward(loss + spare * SPARSITY * regularisation(layer.opacity))
        adam.step()
        falling.step()
        shown = number % SHOWN_EVERY == 0 or number + 1 == recipe.steps
        on_step(number + 1, recipe.steps, painted().preview(view.image) if shown else None)
    return painted()


def regularisation(opacity: Tensor) -> Tensor:
    """L_reg = γ ‖α‖₁ + γ Ψ₀(α), Ψ₀(x) = 2 Sigmoid(5x) − 1, a smooth ‖α‖₀ (equation 7), over the number of pixels."""
    return NORM * opacity.mean() + NORM * (2 * (5 * opacity).sigmoid() - 1).mean()


def estimate(question: Estimate, models: Models) -> Estimated:
    """A few steps are done and timed, on an empty picture of that size."""
    from server.editing.painting import ModelInput
    from server.editing.scenes import blank
    from server.tuning.effects import judging
    from server.tuning.effects.critic import Words
    from server.tuning.estimate import now
    from server.wire.messages import Estimated

    recipe = question.recipe
    model = models.resident(models.choose(recipe.model, Ability.EFFECT).name)
    view = ModelInput.of(blank(question.layer.bounds.extent), recipe, model)
    times: list[float] = []
    with judging.critic(model, Words("a picture", "", "a picture"), view) as critic:
        learn(view, critic, replace(recipe, steps=_TIMED), 0, lambda *_: times.append(now(model)))
    step = times[-2] - times[-3]
    before = 0.0 if recipe.extra(SOURCE) else judging.looking(model) * step
    steps = recipe.steps or judging.usual_steps(model)
    return Estimated(question.question, model.card.name, "", before, steps * step, model.nbytes / 1e9)


METHOD = Method(
    name="text2live",
    title="Paint an effect layer",
    purpose="Paints what your words add, smoke, snow, another colour, as a layer with its own opacity; "
    "the picture below stays as it is.",
    role=Role.EFFECT,
    needs=(Need.PROMPT, Need.LAYER),
    settings=("model", "seed", "variations", "steps"),
    own=(SOURCE, ALONE, SPARE),
    requires=Ability.EFFECT,
    estimator=estimate,
    run=text2live,
    usual=True,
)
