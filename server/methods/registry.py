"""Every edit method: those of this folder and those that other packages bring. Torch-free."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import entry_points

from server import methods as folder
from server.models.store.card import Card
from server.models.store.store import able
from server.wire.errors import Code, OverpaintError
from server.wire.offers import MethodOffer, Role
from server.wire.recipe import Recipe

from .method import Method

log = logging.getLogger(__name__)

ENTRY_POINTS = "overpaint.methods"
"""The group under which a package names its ``Method`` objects."""


@cache
def methods() -> tuple[Method, ...]:
    """By role; of one role the usual one first, then ours and then the others, by name. One that cannot be imported, or
    has a name that there is already, is left out and logged: the others go on."""
    return in_order(_own(), _others())


def in_order(own: Iterable[Method], others: Iterable[Method]) -> tuple[Method, ...]:
    """See ``methods``. Of two with one name the second is left out."""
    ours = sorted(own, key=lambda method: (not method.usual, method.name))
    found: dict[str, Method] = {}
    for method in (*ours, *sorted(others, key=lambda other: other.name)):
        if method.name in found:
            log.warning("there are two methods called %s: the second is left out", method.name)
        found.setdefault(method.name, method)
    order = list(Role)
    return tuple(sorted(found.values(), key=lambda method: order.index(method.role)))


def method(name: str) -> Method:
    """Raises ``OverpaintError`` (unknown-method) for a name that there is none of."""
    for entry in methods():
        if entry.name == name:
            return entry
    names = ", ".join(entry.name for entry in methods())
    raise OverpaintError(Code.UNKNOWN_METHOD, f"There is no method “{name}”.", f"There are: {names}.")


def is_light(name: str) -> bool:
    """Whether the method ``name`` is ``light``; one that there is none of is not."""
    return any(entry.light for entry in methods() if entry.name == name)


def model_for(recipe: Recipe, cards: Iterable[Card]) -> str:
    """The name of the model that ``recipe`` makes its method load: its own, else the first of those installed that can
    do it, else none. A method that only ``may_use`` one loads none that a process could keep."""
    entry = next((entry for entry in methods() if entry.name == recipe.method), None)
    ability = (entry.requires or entry.better_with) if entry is not None else None
    if ability is None:
        return ""
    return recipe.model or next((card.name for card in able(ability, cards)), "")


def offers(cards: Iterable[Card]) -> tuple[MethodOffer, ...]:
    """The methods as ``Welcome`` carries them, with the names of those installed models that can do each."""
    cards = tuple(cards)
    return tuple(_offer(entry, cards) for entry in methods())


def _offer(entry: Method, cards: tuple[Card, ...]) -> MethodOffer:
    ability = entry.requires or entry.better_with or entry.may_use
    fit = able(ability, cards) if ability else ()
    looking = (card.name for card in fit if entry.references in card.abilities)
    return entry.offer(tuple(card.name for card in fit), tuple(looking))


def _own() -> Iterator[Method]:
    for module in pkgutil.iter_modules(folder.__path__):
        declared = getattr(importlib.import_module(f"{folder.__name__}.{module.name}"), "METHOD", None)
        if isinstance(declared, Method):
            yield declared


def _others() -> Iterator[Method]:
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            declared = entry.load()
        except Exception:  # whatever is wrong in a stranger's package, our own methods work
            log.exception("the method %s could not be loaded", entry.value)
            continue
        if isinstance(declared, Method):
            yield declared
        else:
            log.warning("%s is no method", entry.value)
