"""What a prompt to the bundled model leaves open is said by the caption of the picture, and nothing else is changed."""

from __future__ import annotations

from random import Random

import pytest

from tools.bundled_model import captions
from tools.bundled_model.repertoire import REPERTOIRES

WORDS = captions.vocabulary(REPERTOIRES["first"].vendors)
THINGS = ("woman mage", "man mage", "mage", "woman shrugging", "man", "dog", "red apple")
WOMAN = "woman shrugging, dark skin, on white background, cartoon"


@pytest.mark.parametrize(
    ("thing", "who"),
    [("woman shrugging", "woman"), ("man", "man"), ("mage", "person"), ("dog", ""), ("red apple", "")],
)
def test_a_person_is_told_from_a_thing_by_what_else_is_known(thing: str, who: str) -> None:
    assert WORDS.who_is(thing, THINGS) == who


@pytest.mark.parametrize(
    ("prompt", "completed"),
    [
        ("waving", "woman waving, dark skin, on white background, cartoon"),
        ("a person waving", "woman waving, dark skin, on white background, cartoon"),
        ("the cook", "woman cook, dark skin, on white background, cartoon"),
        ("man waving", "man waving, dark skin, on white background, cartoon"),
        ("Girl with light skin", "Girl with light skin, on white background, cartoon"),
        ("waving by the sea", "woman waving by the sea, dark skin, cartoon"),
        ("waving on pink background, sticker", "woman waving on pink background, sticker, dark skin"),
    ],
)
def test_of_a_person_it_says_who_their_skin_the_ground_and_the_style(prompt: str, completed: str) -> None:
    assert WORDS.completed(prompt, WOMAN, "woman") == completed


def test_of_anything_else_it_says_ground_and_style() -> None:
    assert WORDS.completed("a panda", WOMAN, "") == "a panda, on white background, cartoon"
    assert WORDS.completed("a panda", "dog, at night, simple icon", "") == "a panda, at night, simple icon"


def test_without_a_caption_a_prompt_stays_as_it_is() -> None:
    assert WORDS.completed("waving", "", "") == "waving"


def test_every_phrase_of_a_ground_or_a_style_is_told_by_its_words() -> None:
    for facet in (WORDS.skin, WORDS.ground, WORDS.style):
        assert not any(facet.left_open_by(f"waving {phrase}") for phrase in facet.phrases)
        assert facet.left_open_by("waving")


def test_any_caption_is_one_that_the_model_was_taught_on() -> None:
    dice, captions = Random(1), set[str]()
    for _ in range(20):
        thing, *facets = (caption := WORDS.any_caption(["dog", "woman shrugging"], dice)).split(", ")
        assert facets[-2] in WORDS.ground.phrases
        assert facets[-1] in WORDS.style.phrases
        assert [facet in WORDS.skin.phrases for facet in facets[:-2]] == ([True] if thing == "woman shrugging" else [])
        captions.add(caption)
    assert len(captions) > 10
