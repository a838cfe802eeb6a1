"""Imagic: one real picture, changed by words beyond its outlines (Kawar et al., arXiv 2210.09276, §3).

    A  the embedding of the target text is optimised until the model, as it is, makes something like the picture of it;
    B  the model is fine-tuned until it makes the picture itself of that embedding;
    C  between that embedding and the target's lie the edits.

Section and letters as in figure 3 of the paper. A preset may join A and B, or begin elsewhere (``tuning.presets``);
devices, memory, checkpoints and what is kept are in ``tuning``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.models.families.family import Ability
from server.models.families.learning import Preset
from server.tuning.presets import OFFERS, from_here, preset
from server.wire.offers import Need, Role
from server.wire.recipe import USUAL_ETA, Recipe
from server.wire.words import mark

from .method import Method
from .sdedit import redraw

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import Repaint
    from server.models.runtime.adapter import Adapter
    from server.models.runtime.conditioning import Conditioning
    from server.models.runtime.residency import Models
    from server.tuning.state import TuningState
    from server.tuning.trainer import Trainer

LESS = mark("There was too little memory to learn with the whole model; a small addition to it was learned instead.")


def imagic(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[Repaint]:
    """One answer for each eta and variation. What was learned of a picture before is used again, here or in part."""
    from server.editing.edit import Answer, seed_of
    from server.editing.painting import ModelInput, load, misgivings
    from server.editing.results import Repaint, seeds
    from server.models.runtime import memory
    from server.tuning.batch import paint_all
    from server.tuning.cache import TuningCache
    from server.tuning.trainer import Trainer, TuningJob

    card = models.choose(recipe.model, Ability.LEARN)
    adapter = load(models, card.name, report)
    settled, identity = _settled(recipe, adapter), models.identity(card.name)
    view, cache = ModelInput.of(scene, settled, adapter), TuningCache(models.learned)

    def learned_by(chosen: Preset) -> TuningState:
        trainer = Trainer(TuningJob(adapter, chosen, identity, settled.prompt, cache), view, report)
        state = learn(trainer)
        trainer.remember(scene.content)
        return state

    asked = preset(recipe.preset, card.family)
    used, learned = memory.first_that_fits(from_here(asked, card.family), learned_by, adapter.place.device)
    settled = replace(settled, preset=used.name)
    words = adapter.completed(settled.prompt, learned.caption)
    target = adapter.condition(words)
    requests = [
        view.request(settled, seed, interpolation(learned.conditioning, target, eta))
        for eta in settled.eta
        for seed in seeds(seed_of(settled), settled.variations)
    ]
    images = paint_all(view, adapter, learned, requests, report, redraw)
    notices = (*_fell_back(used, asked), *misgivings(adapter, settled), *read_as(settled.prompt, words))
    return Answer(Repaint(images), settled, (*notices, *view.coarse))


def learn(trainer: Trainer) -> TuningState:
    """A and B, §3.2: min over e, then over θ, of L(x, e, θ) = E ‖ε − f_θ(x_t, t, e)‖², equations 3 and 4; e begins at
    the target's embedding e_tgt, unless the preset says otherwise."""
    state = trainer.begin()
    for phase in trainer.phases(state):
        trainer.go_through(state, phase)
    trainer.end(state)
    return state


def interpolation(optimised: Conditioning, target: Conditioning, eta: float) -> Conditioning:
    """C, §3.2: ē = η · e_tgt + (1 − η) · e_opt, equation 5. η 0 is the picture as it was learned."""
    return optimised.lerp(target, eta)


def _fell_back(used: Preset, asked: Preset) -> tuple[str, ...]:
    return () if used == asked else (LESS,)


def read_as(prompt: str, words: str) -> tuple[str, ...]:
    """What to say where the model found words for the picture that complete the person's."""
    return () if words == prompt else (mark(f"Read as “{words}”, as the picture has it; your own words come first."),)


def _settled(recipe: Recipe, adapter: Adapter) -> Recipe:
    """Painting begins with nothing but noise, whatever strength was asked for."""
    from server.editing.painting import settle

    eta = tuple(round(eta, 4) for eta in recipe.eta or (USUAL_ETA,))
    return replace(settle(recipe, adapter, 1.0), strength=1.0, eta=eta)


METHOD = Method(
    name="imagic",
    title="Edit with a prompt",
    purpose="Changes what the picture does, not what it is: learns it first, then follows your words as far as the "
    "edit strength says.",
    role=Role.LEARN,
    needs=(Need.PROMPT, Need.LAYER),
    settings=("preset", "model", "eta", "seed", "variations", "steps", "grain", "guidance"),
    explores="eta",
    requires=Ability.LEARN,
    presets=OFFERS,
    estimator="server.tuning.estimate:estimate",
    run=imagic,
    usual=True,
)
