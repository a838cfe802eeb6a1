"""Compare: the same selection and words by every method that can follow them, as a group of layers to choose from.

The picture travels once and each model is loaded once. What needs no learning comes first, so that a preview stands
early; a method that fails is named beside the answer, one that the person skips is left out, and the others go on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeGuard

from server.models.families.family import Ability
from server.wire.errors import Code, OverpaintError
from server.wire.offers import Answers, Need, Role
from server.wire.recipe import Recipe
from server.wire.setting import Group, Setting, SettingKind
from server.wire.words import mark

from .method import ALWAYS, Method

if TYPE_CHECKING:
    from server.editing.edit import Answer, Report, Scene
    from server.editing.results import Repaint, Result
    from server.models.runtime.residency import Models
    from server.pixels.picture import F32
    from server.wire.messages import Estimate, Estimated

METHODS = Setting(
    "methods",
    SettingKind.TEXT,
    "Methods",
    "Names of the methods to compare, like: sdedit imagic; empty: all that can do it here",
    group=Group.FIRST,
)

_FOLLOWING_WORDS = (Role.REPLACE, Role.REDRAW, Role.LEARN, Role.INSTRUCT)


@dataclass(frozen=True, eq=False)
class Attempt:
    """What one method made of it."""

    title: str
    answer: Answer[Repaint]
    seconds: float

    @property
    def image(self) -> F32:
        return self.answer.result.images[0]

    @property
    def name(self) -> str:
        """Method, edit strength where it has one, seconds."""
        made = self.answer.recipe
        strength = made.eta[0] if made.eta else made.strength
        words = self.title if strength in (None, 1.0) else f"{self.title} {strength:g}"
        return f"{words} · {self.seconds:.0f} s"


def compare(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[Repaint]:
    """Raises ``OverpaintError``: bad-request for a name of ``METHODS`` that there is none of, model-missing where no
    method can do it, and where all fail what the last one says."""
    from server.editing.edit import Answer, CancelledEdit, SkippedPart, seed_of
    from server.editing.results import Repaint

    recipe = replace(recipe, seed=seed_of(recipe))
    attempts, failures, skipped = [], [], False
    for method in contenders(recipe, models, selected=bool((scene.mask != 1).any())):
        try:
            attempts.append(_attempt(method, scene, recipe, models, report))
        except SkippedPart:
            skipped = True
        except OverpaintError as error:
            failures.append((method.title, error))
    if not attempts and skipped and not failures:
        raise CancelledEdit
    if not attempts:
        raise failures[-1][1] if failures else _none()
    notices = (mark(f"{title} could not do it: {error.sentence}") for title, error in failures)
    images, names = zip(*((attempt.image, attempt.name) for attempt in attempts), strict=True)
    return Answer(Repaint(images, names=names), recipe, (*_said(attempts), *notices))


def contenders(recipe: Recipe, models: Models, *, selected: bool) -> Iterator[Method]:
    """Those that follow words and can do so here, those first that learn nothing. selected: not everything is."""
    from .registry import method, methods

    named = [method(name) for name in recipe.extra(METHODS).replace(",", " ").split()]
    able = [entry for entry in named or methods() if _is_able(entry, recipe, models, selected)]
    return iter(sorted(able, key=lambda entry: bool(entry.presets)))


def _is_able(method: Method, recipe: Recipe, models: Models, selected: bool) -> bool:
    if method.role not in _FOLLOWING_WORDS or method.answers is not Answers.LAYERS or method.requires is None:
        return False
    if Need.SELECTION in method.needs and not selected:
        return False
    try:
        models.choose(recipe.model, method.requires)
    except OverpaintError:
        return False
    return set(method.needs) <= {Need.PROMPT, Need.SELECTION, Need.LAYER}


def estimate(question: Estimate, models: Models) -> Estimated:
    """All one after the other; one whose estimate fails is left out, as its answer would be."""
    from server.wire.messages import Estimated

    found = []
    able = contenders(question.recipe, models, selected=question.mask_depth is not None)
    for method in filter(lambda one: one.estimator, able):
        asked = replace(question, recipe=_recipe_for(method, question.recipe))
        try:
            found.append(method.load_estimator()(asked, models))
        except OverpaintError:
            continue
    if not found:
        raise _none()
    seconds, memory = sum(one.tuning_s + one.render_s for one in found), max(one.memory_gb for one in found)
    return Estimated(question.question, found[0].model, "", 0.0, seconds, memory)


def _recipe_for(method: Method, recipe: Recipe) -> Recipe:
    kept = ("model", "negative", "seed", "steps", "guidance", *ALWAYS)
    settings = {name: getattr(recipe, name) for name in kept if name in (*method.settings, *ALWAYS)}
    return Recipe(method.name, recipe.prompt, **settings)


def _attempt(method: Method, scene: Scene, recipe: Recipe, models: Models, report: Report) -> Attempt:
    """At the method's usual strength, one picture."""
    began = time.monotonic()
    answer = method.load()(scene, _recipe_for(method, recipe), models, report)
    if not is_repaint(answer):
        raise OverpaintError(Code.EDIT_FAILED, "Its answer is no picture that could stand beside the others.", "")
    return Attempt(method.title, answer, time.monotonic() - began)


def is_repaint(answer: Answer[Result]) -> TypeGuard[Answer[Repaint]]:
    from server.editing.results import Repaint

    return isinstance(answer.result, Repaint) and answer.result.painted is None


def _said(attempts: Sequence[Attempt]) -> Iterator[str]:
    """Each sentence once, however many methods say it."""
    return iter(dict.fromkeys(notice for attempt in attempts for notice in attempt.answer.notices))


def _none() -> OverpaintError:
    return OverpaintError(
        Code.MODEL_MISSING,
        "No method here can follow these words with what is installed.",
        "Get a model with “overpaint models list” and “overpaint models pull NAME”.",
    )


METHOD = Method(
    name="compare",
    title="Compare",
    purpose="Does the same by every method that follows your words, as a group of layers to choose from.",
    role=Role.COMPARE,
    needs=(Need.PROMPT, Need.LAYER),
    settings=("model", "negative", "seed", "steps", "guidance"),
    own=(METHODS,),
    answers=Answers.GROUP,
    requires=Ability.INPAINT,
    estimator=estimate,
    run=compare,
    usual=True,
)
