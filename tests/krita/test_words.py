from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = sorted((Path(__file__).parents[2] / "plugin_krita/overpaint").rglob("*.py"))


@pytest.fixture
def words() -> Iterator[object]:
    from overpaint import words

    yield words
    words.speak("en")


def holes(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_leave_the_same_holes_for_values(words) -> None:
    assert {key for key, (english, chinese) in words.TEXTS.items() if holes(english) != holes(chinese)} == set()


def test_every_text_that_the_code_asks_for_exists_and_every_text_is_asked_for(words) -> None:
    texts = {path.stem: path.read_text() for path in SOURCES}
    texts["words"] = texts["words"].partition("def speak")[2]
    code = "\n".join(texts.values())
    asked = set(re.findall(r'say\(\s*"([a-z-]+)"', code))
    assert asked <= words.TEXTS.keys()
    by_parts = {"error", "hint", "purpose", "method"}
    mentioned = set(re.findall(r'"([a-z-]+)"', code))
    for key in words.TEXTS.keys() - mentioned:
        first, _, rest = key.partition("-")
        assert (rest if first in by_parts else key.removesuffix("-tip")) in mentioned, key


def test_every_refusal_has_a_way_out(words) -> None:
    errors = {key.removeprefix("error-") for key in words.TEXTS if key.startswith("error-")}
    hints = {key.removeprefix("hint-") for key in words.TEXTS if key.startswith("hint-")}
    assert errors == hints


def test_no_word_of_the_trade_is_read_first(words) -> None:
    jargon = re.compile(r"\b(inference|latent|checkpoint|CFG|denois\w*)\b", re.IGNORECASE)
    assert [key for key, (english, _) in words.TEXTS.items() if jargon.search(english)] == []


def test_chinese_is_spoken_for_every_chinese_locale_and_english_otherwise(words) -> None:
    spoken = []
    for locale in ("zh_CN", "zh_TW", "de_DE", "C"):
        words.speak(locale)
        spoken.append(words.say("erase"))
    assert spoken == ["擦除选区", "擦除选区", "Erase selection", "Erase selection"]


def test_a_duration_is_read_in_seconds_then_in_minutes(words) -> None:
    assert [words.duration(seconds) for seconds in (0.2, 38.4, 89, 90, 600)] == [
        "1 s", "38 s", "89 s", "2 min", "10 min",
    ]  # fmt: skip


def test_what_the_server_offers_is_named_in_our_words_where_we_have_them(words) -> None:
    assert words.say_known("method", "erase", "Erase!") == "Erase"
    assert words.say_known("method", "unitune", "UniTune") == "UniTune"
