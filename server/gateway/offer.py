"""What a menu can show now: the methods, and the models that are installed."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from server.methods import registry
from server.models.store.card import Card
from server.models.store.store import ModelStore
from server.wire import codec
from server.wire.messages import Welcome
from server.wire.offers import Limits, MethodOffer, ModelOffer

log = logging.getLogger(__name__)

_THE_REST = 64 << 10
"""Bytes of a greeting that are kept for what it says besides."""


@dataclass(frozen=True)
class Offer:
    """methods: all of them, each with the names of the models that can do it. models: those that can do anything."""

    methods: tuple[MethodOffer, ...]
    models: tuple[ModelOffer, ...]

    @classmethod
    def of(cls, cards: tuple[Card, ...]) -> Offer:
        usable = tuple(card.offer for card in cards if card.abilities)
        return cls(registry.offers(cards), usable)


class Offers:
    """What can be asked for now. It is made anew when a model comes or goes, so that one is there without a restart,
    and only then: a thousand hosts may greet the server within a second. The first time is here: a method may come from
    a package that takes long to load, and nobody waits yet."""

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self._cards: tuple[Card, ...] | None = None
        self._look()

    def all(self) -> Offer:
        self._look()
        return self._all

    def named(self) -> Offer:
        """Those of them that a greeting has room to name."""
        self._look()
        return self._named

    def _look(self) -> None:
        cards = self._store.cards()
        if cards != self._cards:
            self._all = Offer.of(cards)
            self._named = fitted(self._all)
            self._cards = cards


def fitted(offer: Offer) -> Offer:
    """``offer`` as it goes into the frame of a greeting: thousands of models may not. The last ones are left out, of
    the methods' lists too."""
    while offer.models and not _fits(offer):
        names = {one.name for one in offer.models[: len(offer.models) * 3 // 4]}
        log.warning("more models are installed than a greeting can name: the first %d are offered", len(names))
        offer = Offer(
            tuple(_with_models(one, names) for one in offer.methods),
            tuple(one for one in offer.models if one.name in names),
        )
    return offer


def _fits(offer: Offer) -> bool:
    try:
        header = codec.encode(Welcome(0, 0, "", "", offer.methods, offer.models, Limits()))
    except codec.TooLongError:
        return False
    return len(header) <= codec.MAX_WELCOME_BYTES - _THE_REST


def _with_models(offer: MethodOffer, names: set[str]) -> MethodOffer:
    models, looking = (tuple(name for name in those if name in names) for those in (offer.models, offer.references))
    return replace(offer, models=models, references=looking)
