"""Every edit method, as a menu needs it; the code of a method is imported only when it runs. Torch-free."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from server.models.families.families import Ability
from server.models.store.card import Card
from server.models.store.store import able
from server.tuning.presets import OFFERS
from server.wire.errors import Code, OverpaintError
from server.wire.messages import MethodOffer, PresetOffer
from server.wire.recipe import Recipe

if TYPE_CHECKING:
    from server.editing.edit import Edit, Estimator


@dataclass(frozen=True)
class Method:
    """purpose: one line on when to use it. needs: what a model has to be able to do; None: it works without a model.
    where: ``module:function`` of the ``Edit``."""

    name: str
    title: str
    purpose: str
    needs_prompt: bool
    needs_selection: bool
    needs: Ability | None
    where: str
    may_use: Ability | None = None
    """What a model has to be able to do to be offered all the same, when it works without one."""
    presets: tuple[PresetOffer, ...] = ()
    """How it can learn a picture before it paints; empty for a method that learns nothing."""
    estimator: str = ""
    """``module:function`` of its ``Estimator``, for a method with presets."""

    @property
    def light(self) -> bool:
        """It loads no model and learns nothing: a process without torch can do it, beside one that is busy."""
        return self.needs is None and not self.presets

    def load(self) -> Edit:
        """The function that does it; imports what it needs (torch, perhaps)."""
        return cast("Edit", _imported(self.where))

    def load_estimator(self) -> Estimator:
        """The function that says what it will need."""
        return cast("Estimator", _imported(self.estimator))


METHODS: tuple[Method, ...] = (
    Method(
        name="inpaint",
        title="Replace",
        purpose="Puts what you describe in place of what you selected.",
        needs_prompt=True,
        needs_selection=True,
        needs=Ability.INPAINT,
        where="server.methods.inpaint:inpaint",
    ),
    Method(
        name="erase",
        title="Erase",
        purpose="Removes what you selected and continues the surroundings; needs no words and no model.",
        needs_prompt=False,
        needs_selection=True,
        needs=None,
        where="server.methods.erase:erase",
        may_use=Ability.ERASE,
    ),
    Method(
        name="sdedit",
        title="Redraw",
        purpose="Redraws the whole layer or the selection after your words, keeping its composition; "
        "edit strength says how much may change.",
        needs_prompt=True,
        needs_selection=False,
        needs=Ability.REDRAW,
        where="server.methods.sdedit:sdedit",
    ),
    Method(
        name="imagic",
        title="Edit with a prompt",
        purpose="Changes what the picture does, not what it is: learns it first, then follows your words as far as the "
        "edit strength says.",
        needs_prompt=True,
        needs_selection=False,
        needs=Ability.LEARN,
        where="server.methods.imagic:imagic",
        presets=OFFERS,
        estimator="server.tuning.estimate:estimate",
    ),
)


def method(name: str) -> Method:
    """Raises ``OverpaintError`` (unknown-method) for a name that is not in the table."""
    for entry in METHODS:
        if entry.name == name:
            return entry
    raise OverpaintError(Code.UNKNOWN_METHOD, f"There is no method “{name}”.", f"There are: {_names()}.")


def is_light(name: str) -> bool:
    """Whether the method ``name`` is ``light``; one that is not in the table is not."""
    return any(entry.light for entry in METHODS if entry.name == name)


def model_for(recipe: Recipe, cards: Iterable[Card]) -> str:
    """The name of the model that ``recipe`` makes its method load: its own, else the first of those installed that can
    do it, else none. A method that is ``light`` loads none that a process could keep."""
    entry = next((entry for entry in METHODS if entry.name == recipe.method), None)
    if entry is None or entry.needs is None:
        return ""
    return recipe.model or next((card.name for card in able(entry.needs, cards)), "")


def offers(cards: Iterable[Card]) -> tuple[MethodOffer, ...]:
    """The methods as ``Welcome`` carries them, with the names of those installed models that can do each."""
    cards = tuple(cards)
    return tuple(_offer(entry, cards) for entry in METHODS)


def _offer(entry: Method, cards: tuple[Card, ...]) -> MethodOffer:
    ability = entry.needs or entry.may_use
    names = tuple(card.name for card in able(ability, cards)) if ability else ()
    return MethodOffer(
        entry.name,
        entry.title,
        entry.purpose,
        entry.needs_prompt,
        entry.needs_selection,
        models=names,
        ready=entry.needs is None or bool(names),
        presets=entry.presets,
    )


def _imported(where: str) -> object:
    module, _, function = where.partition(":")
    return getattr(importlib.import_module(module), function)


def _names() -> str:
    return ", ".join(entry.name for entry in METHODS)
