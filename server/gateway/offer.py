"""What a menu can show now: the methods, and the models that are installed."""

from __future__ import annotations

from dataclasses import dataclass

from server.edits import table
from server.models.shelf import Shelf
from server.wire.messages import MethodOffer, ModelOffer


@dataclass(frozen=True)
class Offer:
    """Read anew for each greeting and each job: a model that was just installed is there without a restart."""

    methods: tuple[MethodOffer, ...]
    models: tuple[ModelOffer, ...]

    @classmethod
    def of(cls, shelf: Shelf) -> Offer:
        cards = shelf.cards()
        usable = tuple(card.offer for card in cards if card.abilities)
        return cls(table.offers(cards), usable)
