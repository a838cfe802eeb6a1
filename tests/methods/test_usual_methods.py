"""The method that a menu takes where nobody chose is that which was meant, whatever files lie beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.client.roles import FORMS, best, suitable
from server.methods import registry
from server.models.families.families import FAMILIES
from server.models.store.card import Card
from server.wire.offers import Role


def cards() -> list[Card]:
    """A model of every family and kind."""
    found = []
    for family in FAMILIES:
        for kind in family.kinds:
            name = f"{family.name}-{kind.value}"
            found.append(Card(name, family.title, family.name, "", "", 1.0, "", kind=kind.value))
    return found


@pytest.mark.parametrize("role", [role for role in Role if FORMS[role].usual])
def test_it_comes_first_and_says_so_itself(role: Role):
    of_role = [method for method in registry.methods() if method.role is role]
    assert [method.name for method in of_role if method.usual] == [FORMS[role].usual]
    assert of_role[0].usual
    assert best(role, registry.offers(cards())) == FORMS[role].usual


def test_another_way_is_taken_for_a_model_that_only_it_can_use():
    klein = [card for card in cards() if card.family == "flux2-klein"]
    assert best(Role.LEARN, registry.offers(klein), klein[0].name) == "flowedit"
    sd3 = [card for card in cards() if card.family == "sd3"]
    names = [offer.name for offer in suitable(Role.LEARN, registry.offers(sd3)) if offer.ready]
    assert names == ["imagic", "flowedit", "unitune"]


def test_a_method_of_another_package_never_comes_before_ours():
    """Even one that calls itself the usual one."""
    (redraw,) = (method for method in registry.methods() if method.name == "sdedit")
    stranger = replace(redraw, name="aaa", usual=True)
    ours = [method for method in registry._own() if method.role is Role.REDRAW]
    assert registry.in_order(ours, [stranger])[-1] is stranger


def test_reference_pictures_are_for_models_that_look_and_for_what_learns_from_several():
    offers = {offer.name: offer for offer in registry.offers(cards())}
    looking = ("flux2-klein-edit",)
    assert [offers[name].references for name in ("inpaint", "sdedit", "create")] == [looking] * 3
    assert offers["dreambooth"].references == offers["dreambooth"].models != ()
    assert [offers[name].references for name in ("erase", "imagic", "compare", "enlarge")] == [()] * 4
