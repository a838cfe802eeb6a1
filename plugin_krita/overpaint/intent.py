"""What pressing the one button will do, from what is selected and what was written. No Qt, no libkis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .server.client.translation import tr
from .server.wire.errors import Code, OverpaintError
from .server.wire.messages import MethodOffer

REPLACE = "inpaint"
ERASE = "erase"
REDRAW = "sdedit"
LEARN = "imagic"


@dataclass(frozen=True)
class Intent:
    """``label``: the button's words. ``method``: empty when there is nothing to do yet; then ``hint`` says why."""

    label: str
    method: str
    hint: str = ""


def intend(prompt: str, selected: bool, offers: Iterable[MethodOffer] = ()) -> Intent:
    """Replace with words and a selection, erase without words, edit the layer without a selection."""
    if prompt.strip() and selected:
        return Intent(tr("Replace selection"), REPLACE)
    if prompt.strip():
        return Intent(tr("Edit layer"), layer_method(offers))
    if selected:
        return Intent(tr("Erase selection"), ERASE)
    return Intent(
        tr("Edit layer"),
        "",
        tr("Select a part, or say how the layer should change.") if _takes_words(offers) else tr("Select a part."),
    )


def _takes_words(offers: Iterable[MethodOffer]) -> bool:
    """Whether anything can be done with words and no selection, as far as is known: what cannot is not advised."""
    offers = tuple(offers)
    return not offers or any(offer.ready and not offer.needs_selection for offer in offers)


def layer_method(offers: Iterable[MethodOffer]) -> str:
    """The first method for a whole layer that is ready and answers at once; before the server has said what it has, the
    usual one."""
    return _best((offer for offer in offers if not offer.needs_selection and not offer.presets), REDRAW)


def learning_method(offers: Iterable[MethodOffer]) -> str:
    """The first method that learns the picture and is ready; before the server has said what it has, the usual one."""
    return _best((offer for offer in offers if offer.presets), LEARN)


def learns(method: str, offers: Iterable[MethodOffer]) -> bool:
    """Whether ``method`` learns the picture before it paints."""
    return method == LEARN or any(offer.name == method and offer.presets for offer in offers)


def _best(offers: Iterable[MethodOffer], otherwise: str) -> str:
    able = sorted(offers, key=lambda offer: not offer.ready)
    return able[0].name if able else otherwise


def check_offer(method: str, prompt: str, offers: Iterable[MethodOffer]) -> None:
    """Raises ``OverpaintError`` for what the server has said it cannot do; nothing is known before it has answered."""
    known = {offer.name: offer for offer in offers}
    if not known:
        return
    offer = known.get(method)
    if offer is None:
        raise OverpaintError(
            Code.UNKNOWN_METHOD,
            tr("The server has no way to do this yet."),
            tr("Update Overpaint: run its installer again."),
        )
    if not offer.ready:
        raise OverpaintError(
            Code.MODEL_MISSING,
            tr("This needs a model that understands words, and none is installed."),
            tr("Get one with: overpaint models list"),
        )
    if offer.needs_prompt and not prompt.strip():
        raise OverpaintError(Code.HOST, tr("There are no words yet."), tr("Say what should be here."))
