"""DreamBooth: a subject or a style, learned from a few pictures as a word for any prompt (Ruiz et al., arXiv
2208.12242).

    §3.2  the pictures are labelled "a [identifier] [class noun]", the identifier a rare token that means nothing yet;
    §3.3  the model is fine-tuned on them, and beside them on pictures "a [class noun]" that it painted itself before,
          so that it forgets neither the class nor how varied that is (prior preservation, with λ = 1).

Learned is a low-rank update (LoRA, arXiv 2106.09685), not the whole network: it is kept under its word, worn by the
model whenever a prompt says that word, and other programs read it. The answer is a picture of the word alone, painted
by what was kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from server.models.families.families import family
from server.models.families.family import Ability
from server.models.store.loras import Lora, check_word
from server.models.store.taught import Taught
from server.wire.errors import Code, OverpaintError
from server.wire.offers import Need, Role
from server.wire.setting import Group, Setting, SettingKind
from server.wire.words import mark

from .create import create
from .imagic import learn
from .method import Method
from .sdedit import redraw

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import NewLayers
    from server.models.runtime.adapter import Adapter
    from server.models.runtime.residency import Models
    from server.wire.messages import Estimate, Estimated
    from server.wire.recipe import Recipe

KIND = Setting(
    "kind",
    SettingKind.CHOICE,
    "Teach a",
    "Whether the word is to mean the thing itself, or how it is painted",
    group=Group.FIRST,
    choices=tuple(kind.value for kind in Taught),
)

IDENTIFIERS = ("ohwx", "zxqk", "vwjx", "qyzt", "xkjw", "bqvz", "jzwq", "kxvy")
"""Rare tokens (§3.2): letters that no model has an idea of. Several, so that words which one prompt says together are
not taught by one of them."""


@dataclass(frozen=True)
class Lexeme:
    """What is to be taught. word: that will call it; noun: what it is, in words that the model knows ("dog")."""

    word: str
    noun: str
    kind: Taught

    @classmethod
    def of(cls, prompt: str, kind: Taught) -> Lexeme:
        """“rex, a dog” is the word “rex” for a dog. Raises bad-request where one of them is missing."""
        first, _, rest = prompt.strip().partition(" ")
        noun = re.sub(r"^[\W_]*((an?|the|is|=)(\s+|$))*", "", rest.strip(), flags=re.IGNORECASE).strip(" .")
        word = check_word(first.strip(" ,:;<>"))
        if word in re.findall(r"[\w-]+", noun.lower()):
            raise OverpaintError(
                Code.BAD_REQUEST, f"“{word}” means that already.", "Choose a word that means nothing yet."
            )
        if not noun and kind is Taught.SUBJECT:
            raise OverpaintError(
                Code.BAD_REQUEST, f"It is not said what “{word}” is.", f"Say it behind the word: “{word}, a dog”."
            )
        return cls(word, noun, kind)

    @property
    def phrase(self) -> str:
        """What stands for the word in a prompt that the model is shown."""
        identifier = IDENTIFIERS[sum(self.word.encode()) % len(IDENTIFIERS)]
        return f"{identifier} {self.noun}" if self.kind is Taught.SUBJECT else f"in {identifier} style"

    @property
    def labels(self) -> tuple[str, str]:
        """Of the pictures, and of those that the model paints itself (§3.2, §3.3)."""
        if self.kind is Taught.SUBJECT:
            return f"a {self.phrase}", f"a {self.noun}"
        whatever = f"a {self.noun or 'picture'}"
        return f"{whatever} {self.phrase}", whatever


def dreambooth(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[NewLayers]:
    from server.editing.edit import seed_of
    from server.editing.painting import load

    kind = Taught(recipe.extra(KIND) or Taught.SUBJECT)
    lexeme, store = Lexeme.of(recipe.prompt, kind), models.loras
    before = next((lora for lora in store.all() if lora.word == lexeme.word), None)
    if before is not None and not before.made_from:
        store.free(lexeme.word)  # somebody else's: it says so
    settled = replace(recipe, seed=seed_of(recipe), model=models.choose(recipe.model, Ability.LEARN).name)
    with models.speaking("", store):  # nothing that was taught before is worn meanwhile
        adapter = load(models, settled.model, report)
        lora = _taught(scene, settled, adapter, models, lexeme, report)
    with models.speaking(lexeme.word, store):
        specimen = create(scene, replace(settled, prompt=lexeme.word), models, report)
    said = mark(f"“{lexeme.word}” can be said in any prompt now, with models like this one.")
    again = (mark(f"What was “{lexeme.word}” before is forgotten."),) if before and before.digest != lora.digest else ()
    return replace(specimen, recipe=replace(specimen.recipe, prompt=recipe.prompt), notices=(said, *again))


def _taught(scene: Scene, recipe: Recipe, adapter: Adapter, models: Models, lexeme: Lexeme, report: Report) -> Lora:
    """§3.3: min over θ of E ‖x̂_θ(α x + σ ε, c) − x‖² + λ E ‖x̂_θ(α x_pr + σ ε', c_pr) − x_pr‖²."""
    from server.editing.painting import ModelInput
    from server.models.runtime.weights import LowRank
    from server.tuning.cache import TuningCache
    from server.tuning.examples import class_pictures, dataset_of, examples
    from server.tuning.trainer import Trainer, TuningJob

    own, identity = examples(scene, adapter), models.identity(recipe.model)
    cache = TuningCache(models.learned)
    label, of_class = lexeme.labels
    of_family = family(adapter.card.family)
    prompts = adapter.prior_prompts(of_class)
    prior = class_pictures(adapter, identity, prompts, of_family.class_pictures, redraw, report, cache)
    job = TuningJob(adapter, of_family.dreambooth, identity, label, cache, tuple(prior), own.digest)
    view = ModelInput.of(scene, recipe, adapter)
    trainer = Trainer(job, view, report, dataset=dataset_of(adapter, (own.images, *prior.values())))
    learned = learn(trainer)
    trainer.remember(scene.content)
    assert isinstance(learned.weights, LowRank)
    made_from, meaning = job.cache_key(view).picture, lexeme.noun if lexeme.kind is Taught.SUBJECT else ""
    lora = Lora(lexeme.word, lexeme.phrase, meaning, lexeme.kind, of_family.name, made_from=made_from)
    return adapter.keep(learned.weights, lora, models.loras)


def estimate(question: Estimate, models: Models) -> Estimated:
    """What the pictures of the class take counts as learning; whether they are there already is not looked at."""
    from server.tuning.estimate import estimate_tuning

    of_family = family(models.choose(question.recipe.model, Ability.LEARN).family)
    lexeme = Lexeme.of(question.recipe.prompt, Taught(question.recipe.extra(KIND) or Taught.SUBJECT))
    told = estimate_tuning(question, models, (of_family.dreambooth,), lexeme.labels[0])
    if told.learned:
        return replace(told, preset="")
    return replace(told, preset="", tuning_s=told.tuning_s + of_family.class_pictures * told.render_s)


METHOD = Method(
    name="dreambooth",
    title="Teach (DreamBooth)",
    purpose="Learns a thing or a style from the layer and further pictures, as a word that you can say in any prompt.",
    role=Role.TEACH,
    needs=(Need.PROMPT, Need.LAYER),
    settings=("model", "seed", "variations", "steps", "guidance"),
    own=(KIND,),
    requires=Ability.LEARN,
    references=Ability.LEARN,
    estimator=estimate,
    run=dreambooth,
    usual=True,
)
