"""Which of the server's methods does what was asked for. No gi."""

from __future__ import annotations

from dataclasses import replace

from settings import Kind

from server.client.translation import tr
from server.client.wording import problem
from server.wire.errors import Code, OverpaintError
from server.wire.messages import MethodOffer, Welcome
from server.wire.recipe import Recipe
from server.wire.words import mark


def check_words(kind: Kind, recipe: Recipe) -> None:
    if kind.needs_words and not recipe.prompt:
        hint = (
            mark("Say what should be here, or choose Erase Selection.")
            if kind.needs_selection
            else mark("Say what it should become.")
        )
        raise OverpaintError(Code.HOST, tr("There are no words yet."), tr(hint))


def suitable(kind: Kind, welcome: Welcome) -> list[MethodOffer]:
    """The server's methods for ``kind``, its best first, those that can run now before the others."""
    return sorted((offer for offer in welcome.methods if _fits(kind, offer)), key=lambda offer: not offer.ready)


def _fits(kind: Kind, offer: MethodOffer) -> bool:
    if kind.learns or offer.presets:
        return kind.learns and bool(offer.presets)
    return offer.needs_selection == kind.needs_selection and offer.needs_prompt == kind.needs_words


def kind_of(method: str, welcome: Welcome) -> Kind:
    """What was asked for, where only the method is known that did it."""
    found = [kind for kind in Kind for offer in welcome.methods if offer.name == method and _fits(kind, offer)]
    return found[0] if found else Kind.EDIT_LAYER


def with_method(kind: Kind, recipe: Recipe, welcome: Welcome) -> Recipe:
    """``recipe`` with the method that will do it: the one it names, else the first that fits its model. What ``kind``
    has no use for is left out: words, and a model that does not do such a thing where none is needed."""
    recipe = recipe if kind.needs_words else replace(recipe, prompt="", negative="")
    if recipe.method:
        return recipe
    fits = suitable(kind, welcome)
    able = [offer for offer in fits if not recipe.model or recipe.model in offer.models] or fits
    if not able:
        raise problem("The server has no way to do this yet.", "Update Overpaint: run its installer again.")
    return replace(recipe, method=able[0].name, model=_model(kind, recipe.model, able[0], welcome))


def _model(kind: Kind, name: str, offer: MethodOffer, welcome: Welcome) -> str:
    """A name that the server does not know stays: the server says so."""
    other = name not in offer.models and any(model.name == name for model in welcome.models)
    return "" if other and not kind.needs_words else name
