"""A shelf of any size, as a greeting names it."""

from __future__ import annotations

import pytest

from server.gateway.offer import fitted
from server.wire import codec
from server.wire.messages import Welcome
from server.wire.offers import Limits, MethodOffer, ModelOffer, Role


def greeting(count: int, title: str = "A model with a usual title") -> Welcome:
    models = tuple(
        ModelOffer(f"model-{number:05}", title, "sd15", "a licence", "good for much", 4.0) for number in range(count)
    )
    names = tuple(model.name for model in models)
    methods = tuple(
        MethodOffer(f"m{number}", "M", "", Role.REPLACE, models=names, references=names[::2]) for number in range(9)
    )
    return Welcome(1, 3, "s", "CPU", methods, models, Limits())


@pytest.mark.parametrize("count", [0, 1, 120, 400, 1000])
def test_all_models_that_somebody_has_are_named(count: int):
    welcome = greeting(count)
    assert fitted(welcome) is welcome
    assert codec.decode(codec.encode(welcome), codec.MAX_WELCOME_BYTES) == welcome


@pytest.mark.parametrize("welcome", [greeting(20_000), greeting(3000, "\x01" * 120), greeting(1, "T" * (2 << 20))])
def test_beyond_what_fits_the_first_ones_are_named(welcome: Welcome):
    short = fitted(welcome)
    assert len(codec.encode(short)) <= codec.MAX_WELCOME_BYTES
    assert short.models == welcome.models[: len(short.models)]
    assert len(short.models) > 500 or len(welcome.models) == 1
    names = {model.name for model in short.models}
    assert all(set(method.models) <= names for method in short.methods)
    assert all(set(method.references) <= names for method in short.methods)
