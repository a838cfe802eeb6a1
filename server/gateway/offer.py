"""What a menu can show now: the methods, and the models that are installed."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from server.methods import registry
from server.models.store.store import ModelStore
from server.wire import codec
from server.wire.messages import Welcome
from server.wire.offers import MethodOffer, ModelOffer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Offer:
    """Read anew for each greeting and each job: a model that was just installed is there without a restart."""

    methods: tuple[MethodOffer, ...]
    models: tuple[ModelOffer, ...]

    @classmethod
    def of(cls, store: ModelStore) -> Offer:
        cards = store.cards()
        usable = tuple(card.offer for card in cards if card.abilities)
        return cls(registry.offers(cards), usable)


def fitted(welcome: Welcome) -> Welcome:
    """``welcome`` as it goes into its frame: thousands of models may not. The last ones are left out, of the methods'
    lists too."""
    while not _fits(welcome):
        names = {offer.name for offer in welcome.models[: len(welcome.models) * 3 // 4]}
        log.warning("more models are installed than a greeting can name: the first %d are offered", len(names))
        welcome = replace(
            welcome,
            models=tuple(offer for offer in welcome.models if offer.name in names),
            methods=tuple(_with_models(offer, names) for offer in welcome.methods),
        )
    return welcome


def _fits(welcome: Welcome) -> bool:
    try:
        codec.encode(welcome)
    except codec.TooLongError:
        return not welcome.models
    return True


def _with_models(offer: MethodOffer, names: set[str]) -> MethodOffer:
    models, looking = (tuple(name for name in those if name in names) for those in (offer.models, offer.references))
    return replace(offer, models=models, references=looking)
