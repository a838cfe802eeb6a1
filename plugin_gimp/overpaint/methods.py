"""Which of the server's methods does what was asked for. No gi."""

from __future__ import annotations

from dataclasses import replace

from settings import Kind

from server.client import roles
from server.client.translation import tr
from server.client.wording import problem
from server.wire.errors import Code, OverpaintError
from server.wire.messages import Welcome
from server.wire.offers import MethodOffer
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
    return roles.suitable(kind.role, welcome.methods)


def kind_of(method: str, welcome: Welcome) -> Kind:
    """What was asked for, where only the method is known that did it."""
    role = roles.role_of(method, welcome.methods)
    return next((kind for kind in Kind if kind.role is role), Kind.EDIT_LAYER)


def with_method(kind: Kind, recipe: Recipe, welcome: Welcome) -> Recipe:
    """``recipe`` with the method that will do it: the one it names, else the first that fits its model. What that does
    not read is left out."""
    if recipe.method:
        return roles.fitted(recipe, roles.named(recipe.method, welcome.methods))
    found = roles.suitable(kind.role, welcome.methods, recipe.model)
    if not found:
        raise problem("The server has no way to do this yet.", "Update Overpaint: run its installer again.")
    return roles.fitted(replace(recipe, method=found[0].name), found[0])
