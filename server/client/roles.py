"""Which method does what was asked for: by its role, as the server tells it. The same in every host."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from ..wire.errors import Code, OverpaintError
from ..wire.offers import Answers, MethodOffer, Need, Role
from ..wire.recipe import SETTINGS, Recipe
from .translation import tr

EXPLORED = "eta"
"""The setting that a host's slider explores."""

ON_THE_SLIDER = (EXPLORED, "variations")
"""Settings that are asked for beside the slider, once the first answer is there, and not before."""


@dataclass(frozen=True)
class Form:
    """What a menu knows of a role before a server has answered. title: its entry; purpose: one line beside it; both in
    English, for ``tr``. usual: the method that Overpaint itself has for it; empty: another package brings one. needs:
    what to ask for at least. explores: of the usual method, as its offer will say it."""

    title: str
    purpose: str
    usual: str
    needs: tuple[Need, ...]
    explores: str = ""


FORMS = {
    Role.REPLACE: Form(
        "Replace Selection",
        "Put what you describe in place of the selection, as a new layer",
        "inpaint",
        (Need.PROMPT, Need.SELECTION, Need.LAYER),
    ),
    Role.ERASE: Form(
        "Erase Selection",
        "Remove what is selected and continue its surroundings, as a new layer",
        "erase",
        (Need.SELECTION, Need.LAYER),
    ),
    Role.HEAL: Form(
        "Heal Marks",
        "Find wires, letters, dust and scratches in a rough selection and remove only them, as a new layer",
        "heal",
        (Need.SELECTION, Need.LAYER),
    ),
    Role.REDRAW: Form(
        "Edit Layer",
        "Redraw the layer, or the selected part of it, after your words, as a new layer",
        "sdedit",
        (Need.PROMPT, Need.LAYER),
    ),
    Role.LEARN: Form(
        "Edit with a Prompt",
        "Learn the layer or the selected part of it, then change what is in it after your words, as a new layer",
        "imagic",
        (Need.PROMPT, Need.LAYER),
        explores=EXPLORED,
    ),
    Role.EFFECT: Form(
        "Paint an Effect Layer",
        "Paint what you describe over the layer, with its own opacity: smoke, snow, another material",
        "text2live",
        (Need.PROMPT, Need.LAYER),
    ),
    Role.INSTRUCT: Form(
        "Edit by Instruction", "Do to the layer what you say, as a new layer", "", (Need.PROMPT, Need.LAYER)
    ),
    Role.CREATE: Form("Create Layer", "Make a picture of your words, as a new layer", "create", (Need.PROMPT,)),
    Role.ENLARGE: Form("Enlarge", "Give the picture more pixels", "enlarge", (Need.LAYER,)),
    Role.EXPAND: Form("Expand", "Continue the picture beyond its borders", "expand", (Need.LAYER,)),
    Role.SELECT: Form("Select", "Find what you name or point at, and select it", "", (Need.LAYER,)),
    Role.COMPARE: Form(
        "Compare", "Do the same in several ways, as layers to choose from", "compare", (Need.PROMPT, Need.LAYER)
    ),
    Role.TEACH: Form(
        "Teach a Word",
        "Learn a thing or a style from the layer, as a word that you can say in any prompt",
        "dreambooth",
        (Need.PROMPT, Need.LAYER),
    ),
    Role.LIFT: Form(
        "Lift Out",
        "Make what is selected a layer of its own, with a clean edge, and continue what lies behind it",
        "lift",
        (Need.SELECTION, Need.LAYER),
    ),
    Role.SPLIT: Form("Split into Objects", "Make every thing in the layer a layer of its own", "split", (Need.LAYER,)),
}


SELECTING = {
    "words": Form("Select by Words", "Select what you name", "words", (Need.PROMPT, Need.LAYER)),
    "snap": Form(
        "Snap to Object",
        "Make what is roughly selected the outline of the thing under it",
        "snap",
        (Need.SELECTION, Need.LAYER),
    ),
    "click": Form(
        "Select by Click",
        "Select what lies under each part of the selection, or under the points",
        "click",
        (Need.POINTS, Need.LAYER),
    ),
    "subject": Form("Select Subject", "Select what the picture is of", "subject", (Need.LAYER,)),
    "background": Form("Select Background", "Select all but what the picture is of", "background", (Need.LAYER,)),
}
"""Entries of their own for what Overpaint has for ``Role.SELECT``, by the names of the methods."""


def suitable(
    role: Role, offers: Iterable[MethodOffer], model: str = "", looking: bool = False, worded: bool = False
) -> list[MethodOffer]:
    """The methods of ``role``, best first: those that can run, then those that can with ``model``, then those that look
    at reference pictures where there are some (``looking``), or do without where there are none, then those that read
    words where there are some (``worded``; an erase has none), then as the server has them."""
    worded = worded and role is not Role.ERASE

    def lacks(offer: MethodOffer) -> tuple[bool, bool, bool, bool]:
        unfit = not offer.takes_references(model) if looking else offer.needs_references
        return not offer.ready, bool(model) and model not in offer.models, unfit, worded and not offer.reads_words

    return sorted((offer for offer in offers if offer.role is role), key=lacks)


def by_what_is_given(offers: Iterable[MethodOffer], given: Collection[Need]) -> list[MethodOffer]:
    """Those that cannot do without something that is not ``given`` last, those that make something of most of it
    first: what finds things by a name, by places or by a rough selection is told apart by which of these there is. Of
    two alike that comes first which has an entry of its own."""

    def lacks(offer: MethodOffer) -> tuple[bool, int, bool]:
        needed = {Need.PROMPT, Need.SELECTION, Need.POINTS}.intersection(offer.needs)
        return not needed.issubset(given), -len(needed), offer.name not in SELECTING

    return sorted(offers, key=lacks)


def best(role: Role, offers: Iterable[MethodOffer], model: str = "", worded: bool = False) -> str:
    """The method to take; before the server has said what it has, the usual one. Empty: there is none. ``worded``:
    there are words."""
    offers = tuple(offers)
    if not offers:
        return FORMS[role].usual
    found = suitable(role, offers, model, worded=worded)
    return found[0].name if found else ""


def named(method: str, offers: Iterable[MethodOffer]) -> MethodOffer | None:
    return next((offer for offer in offers if offer.name == method), None)


def role_of(method: str, offers: Iterable[MethodOffer]) -> Role | None:
    """What ``method`` is for; before the server has said so, that of the usual ones. None: it is not known."""
    offer = named(method, offers)
    if offer is not None:
        return offer.role
    if method in SELECTING:
        return Role.SELECT
    return next((role for role, form in FORMS.items() if form.usual == method and method), None)


def needs_of(method: str, offers: Iterable[MethodOffer]) -> tuple[Need, ...]:
    """What has to be asked for."""
    offers = tuple(offers)
    offer = named(method, offers)
    if offer is not None:
        return offer.needs
    if method in SELECTING:
        return SELECTING[method].needs
    role = role_of(method, offers)
    return FORMS[role].needs if role is not None else ()


def needs_for(role: Role, method: str, offers: Iterable[MethodOffer]) -> tuple[Need, ...]:
    """The same for ``role``, where ``method`` may be empty: the best one then, and before the server has said what it
    has, what a menu knows."""
    offers = tuple(offers)
    if not method and not offers:
        return FORMS[role].needs
    return needs_of(method or best(role, offers), offers)


def points_out(method: str, offers: Iterable[MethodOffer]) -> bool:
    """Whether what is selected only points at something for ``method``, which is about all of the picture."""
    return Need.POINTS in needs_of(method, offers)


def reaches_beyond(method: str, offers: Iterable[MethodOffer]) -> bool:
    """Whether ``method`` is about all of the picture even where a part of it is selected: so is what finds something or
    goes on beyond the borders, unless it cannot do without a selection."""
    offers = tuple(offers)
    offer = named(method, offers)
    if offer is None:
        return goes_on(method, offers) or (method in SELECTING and Need.SELECTION not in SELECTING[method].needs)
    return not offer.needs_selection and (offer.answers is Answers.SELECTION or offer.role is Role.EXPAND)


def goes_on(method: str, offers: Iterable[MethodOffer]) -> bool:
    """Whether ``method`` continues the picture beyond its borders: it is about the whole canvas, and a person says how
    far."""
    return role_of(method, offers) is Role.EXPAND


def explores(method: str, offers: Iterable[MethodOffer]) -> bool:
    """Whether what ``method`` gives can be looked at on a slider of edit strengths, layer by layer. Before the server
    has said so: whether the usual one can."""
    offer = named(method, offers)
    if offer is None:
        return any(form.usual == method and form.explores == EXPLORED for form in FORMS.values())
    return offer.explores == EXPLORED and offer.answers in (Answers.LAYERS, Answers.GROUP)


def asks_first(method: str, offers: Iterable[MethodOffer]) -> bool:
    """Whether ``method`` does not begin before a person was asked how, and told how long it takes: where it can learn
    in several ways, or its first answer is only the beginning."""
    offer = named(method, offers)
    return explores(method, offers) or (offer is not None and bool(offer.presets))


def estimates(method: str, offers: Iterable[MethodOffer]) -> bool:
    """Whether it can be said beforehand how long ``method`` takes. Before the server has said so: of what asks first,
    it may be."""
    offer = named(method, offers)
    return offer.estimates if offer is not None else asks_first(method, offers)


def wanted(prompt: str, selected: bool) -> Role | None:
    """What a single button would do: replace with words and a selection, erase without words, redraw without a
    selection. None: there is nothing to go by."""
    if prompt.strip():
        return Role.REPLACE if selected else Role.REDRAW
    return Role.ERASE if selected else None


def fitted(recipe: Recipe, offer: MethodOffer | None) -> Recipe:
    """``recipe`` with what its method does not read at its default: such settings belong to another method. What is not
    known yet is left to the server."""
    if offer is None:
        return recipe
    changes: dict[str, Any] = {name: getattr(Recipe(""), name) for name in SETTINGS if name not in offer.settings}
    own = {setting.name for setting in offer.own}
    changes["extras"] = tuple(extra for extra in recipe.extras if extra.name in own)
    if not offer.needs_points:
        changes["points"] = ()
    if offer.role in (Role.ERASE, Role.HEAL, Role.LIFT) or (offer.role is Role.EXPAND and not offer.reads_words):
        changes["prompt"] = ""  # words that nobody reads would become the layer's name
    if not offer.needs_prompt and recipe.model not in offer.models:
        changes["model"] = ""
    return replace(recipe, **changes)


def chosen(role: Role, recipe: Recipe, offers: Iterable[MethodOffer]) -> Recipe:
    """``recipe`` with the method that will do it: the one it names, else the first of ``role`` for its model. What that
    does not read is left out. Before the server has said what it has: the usual one, or none. Raises
    ``OverpaintError`` where the server has none."""
    offers = tuple(offers)
    method = recipe.method or best(role, offers, recipe.model, bool(recipe.prompt.strip()))
    if offers and not method:
        raise no_method()
    return fitted(replace(recipe, method=method), named(method, offers))


def check_offer(recipe: Recipe, offers: Iterable[MethodOffer], references: int = 0) -> None:
    """Raises ``OverpaintError`` for what the server has said it cannot do; nothing is known before it has answered.
    references: so many pictures are given to look at."""
    offers = tuple(offers)
    if not offers:
        return
    offer = named(recipe.method, offers)
    if offer is None:
        raise no_method()
    if not offer.ready:
        raise OverpaintError(
            Code.MODEL_MISSING,
            tr("This needs a model that understands words, and none is installed."),
            tr("Get one with: overpaint models list"),
        )
    check_words(recipe, offers)
    check_references(recipe, offers, references)


def check_words(recipe: Recipe, offers: Iterable[MethodOffer]) -> None:
    """Raises ``OverpaintError`` where the method needs words and there are none; the server need not have answered."""
    if Need.PROMPT in needs_of(recipe.method, offers) and not recipe.prompt.strip():
        raise OverpaintError(Code.HOST, tr("There are no words yet."), tr("Say what should be here."))


def check_references(recipe: Recipe, offers: Iterable[MethodOffer], count: int) -> None:
    """Raises ``OverpaintError`` where the method has to be given further layers to look at, and there are none."""
    offer = named(recipe.method, offers)
    if offer is not None and offer.needs_references and not count:
        raise OverpaintError(
            Code.HOST,
            tr("‘{title}’ looks at further layers, and none is chosen.", title=tr(offer.title)),
            tr("Choose the layers that it is to look at, too."),
        )


def no_method() -> OverpaintError:
    return OverpaintError(
        Code.UNKNOWN_METHOD,
        tr("The server has no way to do this yet."),
        tr("Update Overpaint: run its installer again."),
    )
