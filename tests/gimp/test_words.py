"""What GIMP's users read."""

from __future__ import annotations

import re

import pytest
from settings import ARGUMENTS, Kind, arguments
from words import TEXTS, chinese, problem, say


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_say_it_with_the_same_values(key: str) -> None:
    english, simplified = TEXTS[key]
    assert english
    assert simplified
    assert re.findall(r"{\w+}", english) == re.findall(r"{\w+}", simplified)


@pytest.mark.parametrize("key", [key for key in TEXTS if key.startswith("error-")])
def test_every_error_says_what_to_do(key: str) -> None:
    assert key.replace("error-", "hint-") in TEXTS


@pytest.mark.parametrize("language", (0, 1))
@pytest.mark.parametrize("kind", (Kind.REPLACE, Kind.EDIT_LAYER, Kind.IMAGIC))
def test_no_two_controls_of_a_dialog_share_a_letter(kind: Kind, language: int) -> None:
    """GIMP's own buttons have theirs: Help, Reset, Cancel, Load and Save Settings."""
    elsewhere = ("eta", "variations") if kind.learns else ()  # chosen in the dialog after this one
    names = [argument.name for argument in arguments(kind) if argument.name not in elsewhere]
    keys = [kind.question if name == "prompt" else name for name in names]
    keys += ["settings", "more-settings", f"button-{kind.value}"]
    letters = [letter for key in keys for letter in re.findall(r"_(\w)", TEXTS[key][language].lower())]
    assert len(letters) == len(keys)
    assert sorted([*letters, *"hrcls"]) == sorted({*letters, *"hrcls"})


@pytest.mark.parametrize("language", (0, 1))
def test_no_two_controls_of_the_second_dialog_share_a_letter(language: int) -> None:
    keys = ("before", "slider", "variation", "button-retry", "button-close", "button-another", "button-keep")
    letters = [letter for key in keys for letter in re.findall(r"_(\w)", TEXTS[key][language].lower())]
    assert len(letters) == len(set(letters)) == len(keys)


def test_every_argument_and_procedure_has_its_words() -> None:
    for argument in ARGUMENTS:
        assert {argument.name, f"{argument.name}-tip"} <= set(TEXTS)
    for kind in Kind:
        assert {kind.question, f"{kind.question}-tip"} <= set(TEXTS)
        assert {f"menu-{kind.value}", f"title-{kind.value}", f"blurb-{kind.value}", f"button-{kind.value}"} <= set(
            TEXTS
        )


@pytest.mark.parametrize(
    ("environment", "expected"),
    (
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANGUAGE": "zh_CN:en", "LANG": "de_DE.UTF-8"}, True),
        ({"LANGUAGE": "en", "LANG": "zh_CN.UTF-8"}, False),
        ({"LANG": "zh_TW.UTF-8"}, False),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, False),
        ({}, False),
    ),
)
def test_gimps_language_is_spoken(environment: dict[str, str], expected: bool) -> None:
    assert chinese(environment) is expected


def test_a_problem_has_a_sentence_and_a_way_out() -> None:
    error = problem("hidden", name="Ink")
    assert (error.sentence, error.hint) == (
        "‘Ink’ is hidden.",
        "Show it (the eye in the Layers dialog), or choose another layer.",
    )
    assert say("menu-erase") == "_Erase Selection"
