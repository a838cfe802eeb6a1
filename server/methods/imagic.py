"""Imagic: one real picture, changed by words beyond its outlines (Kawar et al., arXiv 2210.09276, §3).

    A  the embedding of the target text is optimised until the model, as it is, makes something like the picture of it;
    B  the model is fine-tuned until it makes the picture itself of that embedding;
    C  between that embedding and the target's lie the edits.

Section and letters as in figure 3 of the paper. A preset may join A and B, or begin elsewhere (``tuning.presets``);
devices, memory, checkpoints and what is kept are in ``tuning``.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from server.models.families.families import Ability
from server.tuning.presets import OFFERS, Preset, preset, smaller
from server.wire.offers import Need, Role
from server.wire.recipe import USUAL_ETA, Recipe
from server.wire.words import mark

from .method import Method

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.models.runtime.adapter import Adapter
    from server.models.runtime.denoiser import Words
    from server.models.runtime.residency import Models
    from server.tuning.state import Study
    from server.tuning.trainer import Learning

log = logging.getLogger(__name__)

_LESS = mark("There was too little memory to learn with the whole model; a small addition to it was learned instead.")


def imagic(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer:
    """One answer for each eta and variation. What was learned of a picture before is used again, here or in part."""
    from server.editing.edit import Answer, seed_of, seeds
    from server.editing.painting import Easel, load, misgivings
    from server.models.runtime import memory
    from server.models.runtime.shortage import is_shortage
    from server.tuning.batch import Draw, paint_all
    from server.tuning.trainer import Learning, Lesson

    card = models.choose(recipe.model, Ability.LEARN)
    adapter = load(models, card.name, report)
    settled, identity = _settled(recipe, adapter), models.identity(card.name)
    easel = Easel.of(scene, settled, adapter)

    def learned_by(way: Preset) -> Study:
        learning = Learning(Lesson(adapter, way, identity, settled.prompt), easel, report)
        study = learn(learning)
        learning.remember(scene.content)
        return study

    way, learned, notices = preset(recipe.preset, card.family), None, misgivings(adapter, settled)
    try:
        learned = learned_by(way)
    except Exception as error:
        less = smaller(way, card.family)
        if less is None or not is_shortage(error):
            raise
        log.warning("there is too little memory for %s; going on with %s", way.name, less.name)
        way, notices = less, (_LESS, *notices)
    if learned is None:  # here nothing of what did not fit is held any longer
        memory.sweep(adapter.place.device)
        learned = learned_by(way)
    settled = replace(settled, preset=way.name)
    words = adapter.completed(settled.prompt, learned.caption)
    target = adapter.embed(words)
    draws = [
        Draw(interpolation(learned.words, target, eta), seed)
        for eta in settled.eta
        for seed in seeds(seed_of(settled), settled.variations)
    ]
    images = paint_all(easel, settled, adapter, learned, draws, report)
    return Answer(images, settled, (*notices, *_completed(settled.prompt, words), *easel.coarse))


def learn(learning: Learning) -> Study:
    """A and B, §3.2: min over e, then over θ, of L(x, e, θ) = E ‖ε − f_θ(x_t, t, e)‖², equations 3 and 4; e begins at
    the target's embedding e_tgt, unless the preset says otherwise."""
    study = learning.begin()
    for phase in learning.phases(study):
        learning.go_through(study, phase)
    learning.end(study)
    return study


def interpolation(optimised: Words, target: Words, eta: float) -> Words:
    """C, §3.2: ē = η · e_tgt + (1 − η) · e_opt, equation 5. η 0 is the picture as it was learned."""
    return optimised.towards(target, eta)


def _completed(prompt: str, words: str) -> tuple[str, ...]:
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
    settings=("preset", "model", "eta", "seed", "variations", "steps", "guidance"),
    explores="eta",
    requires=Ability.LEARN,
    presets=OFFERS,
    estimator="server.tuning.estimate:estimate",
    run=imagic,
)
