"""A shelf of any size, as a greeting names it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from server.gateway.offer import Offer, Offers, fitted
from server.methods import registry
from server.models.store.store import ModelStore
from server.wire import codec
from server.wire.messages import Welcome
from server.wire.offers import Limits, MethodOffer, ModelOffer, Role


def offer_of(count: int, title: str = "A model with a usual title") -> Offer:
    models = tuple(
        ModelOffer(f"model-{number:05}", title, "sd15", "a licence", "good for much", 4.0) for number in range(count)
    )
    names = tuple(model.name for model in models)
    methods = tuple(
        MethodOffer(f"m{number}", "M", "", Role.REPLACE, models=names, references=names[::2]) for number in range(9)
    )
    return Offer(methods, models)


def greeting(offer: Offer) -> Welcome:
    return Welcome(1, 3, "a server's name", "CPU", offer.methods, offer.models, Limits(), problem="p" * 500)


@pytest.mark.parametrize("count", [0, 1, 120, 400, 1000])
def test_all_models_that_somebody_has_are_named(count: int):
    offer = offer_of(count)
    assert fitted(offer) is offer
    welcome = greeting(offer)
    assert codec.decode(codec.encode(welcome), codec.MAX_WELCOME_BYTES) == welcome


@pytest.mark.parametrize("offer", [offer_of(20_000), offer_of(3000, "\x01" * 120), offer_of(1, "T" * (2 << 20))])
def test_beyond_what_fits_the_first_ones_are_named(offer: Offer):
    short = fitted(offer)
    assert len(codec.encode(greeting(short))) <= codec.MAX_WELCOME_BYTES
    assert short.models == offer.models[: len(short.models)]
    assert len(short.models) > 500 or len(offer.models) == 1
    names = {model.name for model in short.models}
    assert all(set(method.models) <= names for method in short.methods)
    assert all(set(method.references) <= names for method in short.methods)


def test_it_is_there_before_anybody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    offers = Offers(ModelStore(tmp_path / "models", bundled=tmp_path / "none"))
    monkeypatch.setattr(registry, "methods", lambda: pytest.fail("the methods are loaded while somebody waits"))
    assert offers.named().methods


def test_it_is_put_together_once_and_anew_when_a_model_comes_or_goes(tmp_path: Path):
    shipped = ModelStore(tmp_path / "nothing").find("illustration").folder
    offers = Offers(ModelStore(tmp_path / "models", bundled=tmp_path / "none"))
    assert offers.all().models == ()
    assert offers.all() is offers.all() and offers.named() is offers.named()
    shutil.copytree(shipped, tmp_path / "models" / "illustration")
    assert [model.name for model in offers.all().models] == ["illustration"] and offers.named() is offers.all()
    shutil.rmtree(tmp_path / "models" / "illustration")
    assert offers.all().models == ()
