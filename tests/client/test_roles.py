"""Which method does what was asked for, and what it needs for that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.client.roles import (
    FORMS,
    asks_first,
    check_words,
    chosen,
    estimates,
    explores,
    needs_for,
    needs_of,
    reaches_beyond,
    suitable,
)
from server.methods import registry
from server.wire.errors import OverpaintError
from server.wire.offers import Answers, MethodOffer, Need, PresetOffer, Role
from server.wire.recipe import SETTINGS, Recipe

WORDS, ALL = (Need.PROMPT,), tuple(SETTINGS)
INPAINT = MethodOffer("inpaint", "Replace", "", Role.REPLACE, (*WORDS, Need.SELECTION), ALL, models=("small", "large"))
ERASE = MethodOffer("erase", "Erase", "", Role.ERASE, (Need.SELECTION,), ("seed", "model"))
REDRAW = MethodOffer("sdedit", "Redraw", "", Role.REDRAW, WORDS, ALL, models=("large",))
COLLAGE = MethodOffer("collage", "Collage", "", Role.REDRAW, WORDS, ALL, models=("huge",))
IMAGIC = MethodOffer(
    "imagic", "Imagic", "", Role.LEARN, WORDS, ALL, models=("huge",), presets=(PresetOffer("fast", "Fast", ""),)
)
ENLARGER = MethodOffer("enlarger", "Enlarge", "", Role.ENLARGE, (Need.LAYER,))
OFFERS = (ENLARGER, INPAINT, ERASE, IMAGIC, REDRAW, COLLAGE)


@pytest.mark.parametrize(
    ("role", "expected"),
    (
        (Role.REPLACE, "inpaint"),
        (Role.ERASE, "erase"),
        (Role.REDRAW, "sdedit"),
        (Role.LEARN, "imagic"),
    ),
)
def test_each_role_takes_the_servers_first_method_for_it(role: Role, expected: str) -> None:
    assert chosen(role, Recipe(""), OFFERS).method == expected


def test_a_method_that_can_run_now_goes_before_one_that_lacks_its_model() -> None:
    lacking = replace(REDRAW, ready=False)
    assert [offer.name for offer in suitable(Role.REDRAW, (lacking, COLLAGE))] == ["collage", "sdedit"]


def test_a_chosen_model_chooses_its_method() -> None:
    assert chosen(Role.REDRAW, Recipe("", model="huge"), OFFERS).method == "collage"


def test_a_named_method_is_kept_for_the_server_to_judge() -> None:
    assert chosen(Role.REPLACE, Recipe("alchemy"), OFFERS).method == "alchemy"


def test_a_server_without_any_method_for_it_is_told_of() -> None:
    with pytest.raises(OverpaintError, match="no way to do this"):
        chosen(Role.ERASE, Recipe(""), (INPAINT,))


def test_a_method_that_learns_is_not_taken_for_one_that_answers_at_once() -> None:
    assert [offer.name for offer in suitable(Role.REDRAW, OFFERS)] == ["sdedit", "collage"]
    with pytest.raises(OverpaintError, match="no way to do this"):
        chosen(Role.LEARN, Recipe(""), (REDRAW, ERASE))


@pytest.mark.parametrize("role", Role)
def test_every_role_takes_its_own_methods_only(role: Role) -> None:
    """A method without words or selection is not taken for another role, wherever it stands in the list."""
    mine = MethodOffer("mine", "Mine", "", role)
    others = tuple(MethodOffer(other.value, "", "", other) for other in Role if other is not role)
    assert [offer.name for offer in suitable(role, (*others, mine))] == ["mine"]


def test_what_a_method_does_not_read_is_left_out() -> None:
    given = Recipe("", "a boat", strength=0.5, seed=7)
    assert chosen(Role.ERASE, given, OFFERS) == Recipe("erase", seed=7)


@pytest.mark.parametrize("role", (Role.REPLACE, Role.REDRAW, Role.LEARN))
def test_words_are_asked_for_where_the_method_needs_them(role: Role) -> None:
    with pytest.raises(OverpaintError, match="no words yet"):
        check_words(chosen(role, Recipe(""), OFFERS), OFFERS)
    check_words(chosen(Role.ERASE, Recipe(""), OFFERS), OFFERS)


def test_a_methods_own_offer_says_what_it_needs_whatever_is_usual_for_its_role() -> None:
    wordless = replace(REDRAW, needs=())
    check_words(Recipe("sdedit"), (wordless,))
    assert needs_for(Role.REDRAW, "", (wordless,)) == ()
    wordy = replace(ENLARGER, needs=(Need.LAYER, Need.PROMPT))
    with pytest.raises(OverpaintError, match="no words yet"):
        check_words(Recipe("enlarger"), (wordy,))
    assert needs_for(Role.ENLARGE, "", (wordy,)) == (Need.LAYER, Need.PROMPT)


def test_before_the_server_has_answered_a_menus_needs_are_asked_for() -> None:
    assert needs_for(Role.INSTRUCT, "", ()) == (Need.PROMPT, Need.LAYER)
    assert needs_for(Role.REPLACE, "a strangers", ()) == ()


def test_what_finds_something_or_goes_beyond_the_borders_is_about_all_of_the_picture() -> None:
    finding = replace(ENLARGER, role=Role.SELECT, answers=Answers.SELECTION)
    expanding = replace(ENLARGER, role=Role.EXPAND, answers=Answers.CANVAS)
    assert all(reaches_beyond("enlarger", (offer,)) for offer in (finding, expanding))
    bound = replace(finding, needs=(Need.LAYER, Need.SELECTION))
    assert not any(reaches_beyond("enlarger", (offer,)) for offer in (ENLARGER, bound))
    assert not reaches_beyond("enlarger", ())


LOOKING = replace(COLLAGE, models=("huge", "seeing"), references=("seeing",))
"""It may be given pictures to look at, with one of its models."""
MATCHING = MethodOffer("match", "Match", "", Role.REDRAW, (Need.REFERENCES,))


def test_with_pictures_to_look_at_a_method_is_taken_that_looks_at_them() -> None:
    offers = (REDRAW, LOOKING, MATCHING)
    assert [offer.name for offer in suitable(Role.REDRAW, offers, looking=True)] == ["collage", "match", "sdedit"]
    assert [offer.name for offer in suitable(Role.REDRAW, offers, "huge", looking=True)] == [
        "collage", "match", "sdedit"
    ]  # fmt: skip
    assert [offer.name for offer in suitable(Role.REDRAW, (MATCHING, REDRAW))] == ["sdedit", "match"]


def test_which_methods_and_models_look_at_pictures() -> None:
    assert LOOKING.takes_references() and LOOKING.takes_references("seeing")
    assert not LOOKING.takes_references("huge") and not REDRAW.takes_references()
    assert MATCHING.takes_references() and MATCHING.takes_references("any")


def test_a_slider_is_for_methods_that_have_edit_strengths_whatever_their_role() -> None:
    sliding = replace(REDRAW, explores="eta")
    offers = (IMAGIC, sliding, COLLAGE)
    assert [explores(offer.name, offers) for offer in offers] == [False, True, False]
    assert not explores("sdedit", (replace(REDRAW, explores="shift"),))  # a slider that no host has
    assert not explores("sdedit", (replace(sliding, answers=Answers.SELECTION),))


def test_what_can_learn_in_several_ways_or_is_explored_asks_first_whatever_its_role() -> None:
    learning = replace(ENLARGER, presets=(PresetOffer("fast", "Fast", ""),))
    offers = (learning, replace(REDRAW, explores="eta"), INPAINT)
    assert [asks_first(offer.name, offers) for offer in offers] == [True, True, False]


def test_how_long_it_takes_is_said_of_methods_that_can_say_it_whatever_their_role() -> None:
    telling = replace(REDRAW, estimates=True)
    assert [estimates(offer.name, (IMAGIC, telling)) for offer in (IMAGIC, telling)] == [False, True]


def test_before_the_server_has_answered_the_usual_methods_are_as_they_will_say_themselves() -> None:
    """So that a menu does first what it does later."""
    methods = {method.name: method.offer(()) for method in registry.methods()}
    for form in (form for form in FORMS.values() if form.usual):
        usual = methods[form.usual]
        assert explores(form.usual, ()) == explores(form.usual, (usual,))
        assert asks_first(form.usual, ()) == asks_first(form.usual, (usual,))
        assert needs_of(form.usual, ()) == usual.needs
    assert not explores("", ()) and not asks_first("", ()) and not estimates("", ())
