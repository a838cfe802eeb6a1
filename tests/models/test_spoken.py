"""Taught words are found in a prompt as a person writes it, and shown to a model as they were taught."""

from __future__ import annotations

import pytest

from server.models.store.loras import Lora
from server.models.store.spoken import Glossary, spoken
from server.models.store.taught import Taught
from server.wire.errors import Code, OverpaintError

REX = Lora("rex", "ohwx dog", "dog", Taught.SUBJECT, "sd15")
INK = Lora("ink-wash", "in zxqk style", "", Taught.STYLE, "sd15")
KURO = Lora("小黑", "vwjx cat", "cat", Taught.SUBJECT, "sd15")
SELF = Lora("sks", "sks dog", "dog", Taught.SUBJECT, "sd15")
PLAIN = Lora("pixelart", "pixelart", "", Taught.STYLE, "sd15")
ALL = (REX, INK, KURO, SELF, PLAIN)


@pytest.mark.parametrize(
    ("prompt", "words", "shown"),
    [
        ("rex on the beach", {"rex": 1}, "ohwx dog on the beach"),
        ("Rex's bowl", {"rex": 1}, "ohwx dog's bowl"),
        ("a bowl for REX.", {"rex": 1}, "a bowl for ohwx dog."),
        ("<rex> on the beach", {"rex": 1}, "ohwx dog on the beach"),
        ("rex:0.7 and a cat", {"rex": 0.7}, "ohwx dog and a cat"),
        ("<rex:.5>, ink-wash:-1", {"rex": 0.5, "ink-wash": -1}, "ohwx dog, in zxqk style"),
        ("rex: a portrait", {"rex": 1}, "ohwx dog: a portrait"),
        ("t-rex, rexes, prex, rex_2, rex-like", {}, "t-rex, rexes, prex, rex_2, rex-like"),
        ("rex在海滩上", {"rex": 1}, "ohwx dog在海滩上"),
        ("海滩上的小黑在睡觉", {"小黑": 1}, "海滩上的vwjx cat在睡觉"),
        ("sks dog and sks", {"sks": 1}, "sks dog and sks dog"),
        ("a castle, pixelart", {"pixelart": 1}, "a castle, pixelart"),
        ("rex and rex:0.5", {"rex": 1}, "ohwx dog and ohwx dog"),
        ("", {}, ""),
    ],
)
def test_a_word_is_found_where_a_person_writes_it(prompt: str, words: dict[str, float], shown: str):
    said = spoken(prompt, ALL)
    assert {one.lora.word: one.weight for one in said} == words
    glossary = Glossary(tuple(one.lora for one in said))
    assert glossary.shown(prompt) == shown
    assert glossary.shown(shown) == shown


def test_what_is_meant_is_said_in_words_that_any_model_knows():
    glossary = Glossary((REX, INK))
    assert glossary.meant("rex on the beach, ink-wash") == "dog on the beach"
    assert glossary.meant("ohwx dog on the beach") == "ohwx dog on the beach"


def test_words_of_what_is_not_worn_stay_as_they_are():
    assert Glossary((REX,)).shown("rex and ink-wash") == "ohwx dog and ink-wash"
    assert Glossary().shown("rex:0.5") == "rex:0.5"


@pytest.mark.parametrize("weight", ["3", "-2.5", "16", "99999999999999"])
def test_a_weight_beyond_two_is_refused(weight: str):
    with pytest.raises(OverpaintError, match="from -2 to 2") as caught:
        spoken(f"rex:{weight} o'clock", ALL)
    assert caught.value.code is Code.BAD_REQUEST


def test_letters_that_mean_something_to_a_pattern_mean_themselves():
    dotted = Lora("a-b", "(x) [y]+ .*", "", Taught.SUBJECT, "sd15")
    assert Glossary((dotted,)).shown("a-b, axb") == "(x) [y]+ .*, axb"
    assert Glossary((dotted,)).shown("(x) [y]+ .*") == "(x) [y]+ .*"


def test_the_same_word_otherwise_taught_or_weighted_is_another():
    one, other = spoken("rex", ALL), spoken("rex:0.5", ALL)
    assert one[0].identity != other[0].identity
