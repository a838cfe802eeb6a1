"""UniTune: one picture learned under a rare word, then edited by any words beside it (Valevski et al., arXiv
2210.09477, §3).

    fine-tuning  the network is fitted to the picture alone, under rare tokens that mean nothing yet (§3.1), before what
                 the model itself calls the picture, if it has words for it: else the tokens would come to mean those,
                 too, and the edit would contradict them;
    sampling     "[rare tokens] [the edit]", with guidance so strong that the words win over what was learned (§3.2);
                 for more fidelity it begins at the noised picture instead of noise, as SDEdit does (§3.3).

Imagic learns a picture for one prompt; this learns it for all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.models.families.families import family
from server.models.families.family import Ability
from server.models.families.learning import UNITUNE_SMALL, Preset
from server.wire.offers import Need, PresetOffer, Role
from server.wire.recipe import USUAL_ETA
from server.wire.setting import Setting, SettingKind

from .imagic import LESS, learn, read_as
from .method import Method
from .sdedit import redraw

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import Repaint
    from server.models.runtime.adapter import Adapter
    from server.models.runtime.residency import Models
    from server.tuning.state import TuningState
    from server.wire.messages import Estimate, Estimated
    from server.wire.recipe import Recipe

RARE = "beikkpic"
"""The paper's own (§3.1): a word that no model has an idea of."""

STRONGER = 1.6
"""Times a model's usual guidance. The paper has 32 for Imagen, which clips what such guidance burns; Stable Diffusion
takes 7 to 16, with ``RESCALE``, and the built-in model burns at 12, to the eye, where 5 is clean."""

RESCALE = Setting(
    "rescale",
    SettingKind.SHARE,
    "Calm colours",
    "How far colours that strong guidance burns are brought back",
    0,
    1,
    0.7,
)


def unitune(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[Repaint]:
    """One answer for each edit strength and variation; the strength is where SDEdit begins, 1 being noise alone."""
    from server.editing.edit import Answer
    from server.editing.exploring import draws, settle_strengths
    from server.editing.painting import ModelInput, load, misgivings
    from server.editing.results import Repaint
    from server.models.runtime import memory
    from server.tuning.batch import paint_all
    from server.tuning.cache import TuningCache
    from server.tuning.trainer import Trainer, TuningJob

    card = models.choose(recipe.model, Ability.LEARN)
    adapter = load(models, card.name, report)
    guidance = _guidance(adapter) if recipe.guidance is None else recipe.guidance
    settled = settle_strengths(replace(recipe, guidance=guidance), adapter, USUAL_ETA)
    view, identity = ModelInput.of(scene, settled, adapter), models.identity(card.name)
    cache = TuningCache(models.learned)

    def learned_by(preset: Preset) -> TuningState:
        trainer = Trainer(TuningJob(adapter, preset, identity, RARE, cache), view, report)
        state = learn(trainer)
        trainer.remember(scene.content)
        return state

    ways = presets(card.family)
    used, learned = memory.first_that_fits(ways, learned_by, adapter.place.device)
    prompt = adapter.completed(settled.prompt, learned.caption)
    words = adapter.condition(f"{RARE} {prompt}")
    requests = [
        replace(
            view.request(settled, draw.seed, words),
            strength=max(draw.steps(100), 1) / 100,
            guidance=guidance * draw.emphasis,
            rescale=recipe.number(RESCALE) or 0.0,
        )
        for draw in draws(settled)
    ]
    images = paint_all(view, adapter, learned, requests, report, redraw)
    fell_back = () if used == ways[0] else (LESS,)
    notices = (*fell_back, *misgivings(adapter, settled), *read_as(settled.prompt, prompt))
    return Answer(Repaint(images), replace(settled, preset=OFFERS[0].name), (*notices, *view.coarse))


def _guidance(adapter: Adapter) -> float:
    """A model that was distilled from guided runs knows only its own."""
    usual = adapter.defaults.guidance
    return usual if adapter.unconditional("") is None else round(STRONGER * usual, 1)


def presets(family_name: str) -> tuple[Preset, ...]:
    """How a picture is learned (§3.1), and what still may fit where that does not."""
    return family(family_name).unitune, UNITUNE_SMALL


def estimate(question: Estimate, models: Models) -> Estimated:
    from server.tuning.estimate import estimate_tuning

    card = models.choose(question.recipe.model, Ability.LEARN)
    told = estimate_tuning(question, models, presets(card.family), RARE)
    return replace(told, preset=OFFERS[0].name)


OFFERS = (
    PresetOffer(
        "paper", "As published", "128 steps under a rare word, once for all that you will ask of this picture."
    ),
)

METHOD = Method(
    name="unitune",
    title="Learn once, edit often (UniTune)",
    purpose="Learns the picture once for all words; each further prompt costs one painting.",
    role=Role.LEARN,
    needs=(Need.PROMPT, Need.LAYER),
    settings=("preset", "model", "negative", "eta", "seed", "variations", "steps", "grain", "guidance"),
    own=(RESCALE,),
    explores="eta",
    requires=Ability.LEARN,
    presets=OFFERS,
    estimator=estimate,
    run=unitune,
)
