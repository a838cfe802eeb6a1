"""What pressing the one button will do, from what is selected and what was written. No Qt, no libkis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .server.client.roles import best, wanted
from .server.client.translation import tr
from .server.wire.offers import MethodOffer, Need, Role
from .server.wire.words import mark

LABELS = {
    Role.REPLACE: mark("Replace selection"),
    Role.ERASE: mark("Erase selection"),
    Role.REDRAW: mark("Edit layer"),
    Role.LEARN: mark("Edit with a prompt"),
}
"""On the button; other roles have their method's title there."""


@dataclass(frozen=True)
class Intent:
    """``label``: the button's words. ``method``: empty when there is nothing to do yet; then ``hint`` says why."""

    label: str
    method: str
    hint: str = ""


def intend(prompt: str, selected: bool, offers: Iterable[MethodOffer] = ()) -> Intent:
    """Replace with words and a selection, erase without words, edit the layer without a selection."""
    offers = tuple(offers)
    role = wanted(prompt, selected)
    if role is None:
        either = tr("Select a part, or say how the layer should change.")
        return Intent(tr("Edit layer"), "", either if _takes_words(offers) else tr("Select a part."))
    return Intent(tr(LABELS[role]), best(role, offers))


def _takes_words(offers: tuple[MethodOffer, ...]) -> bool:
    """Whether anything can be done with words and no selection, as far as is known: what cannot is not advised."""
    return not offers or any(
        offer.ready and Need.SELECTION not in offer.needs and Need.PROMPT in offer.needs for offer in offers
    )
