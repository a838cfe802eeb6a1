"""What GIMP's users read."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from settings import ARGUMENTS, Kind, arguments
from words import LABELS, label

from server.client.translation import languages, tr, use_language


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    use_language("en")


@pytest.mark.parametrize("language", ["en", *languages()])
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind.asks])
def test_no_two_controls_of_a_dialog_share_a_letter(kind: Kind, language: str) -> None:
    """GIMP's own buttons have theirs: Help, Reset, Cancel, Load and Save Settings."""
    use_language(language)
    names = [argument.name for argument in arguments(kind)]
    keys = [kind.question if name == "prompt" else name for name in names]
    keys += ["references", "settings", "more-settings", f"button-{kind.value}"]
    letters = [letter for key in keys for letter in re.findall(r"_(\w)", label(key).lower())]
    assert len(letters) == len(keys)
    assert sorted([*letters, *"hrcls"]) == sorted({*letters, *"hrcls"})


@pytest.mark.parametrize("language", ["en", *languages()])
def test_no_two_controls_of_the_second_dialog_share_a_letter(language: str) -> None:
    use_language(language)
    buttons = ("_Keep", "Another _Variation", "_Close", "Try A_gain", "Show the picture _before")
    said = [*map(tr, buttons), label("slider"), label("variation")]
    letters = [letter for text in said for letter in re.findall(r"_(\w)", text.lower())]
    assert len(letters) == len(set(letters)) == len(said)


@pytest.mark.parametrize("language", ["en", *languages()])
def test_no_two_entries_of_a_menu_share_a_letter(language: str) -> None:
    use_language(language)
    selecting = [kind.value for kind in Kind if kind.selects]
    further = [kind.value for kind in Kind if not kind.selects and not kind.form.usual]
    usual = [kind.value for kind in Kind if kind.value not in (*further, *selecting)]
    for keys in (further, selecting, [*usual, "run-again", "another", "earlier"]):
        letters = [letter for key in keys for letter in re.findall(r"_(\w)", label(f"menu-{key}").lower())]
        letters += ["f", "s"] if "earlier" in keys else []  # the menus below, which have no words of their own
        assert len(letters) == len(set(letters)), letters


def test_every_argument_and_procedure_has_its_words() -> None:
    for argument in ARGUMENTS:
        assert {argument.name, f"{argument.name}-tip"} <= set(LABELS)
    for kind in Kind:
        assert {kind.question, f"{kind.question}-tip"} <= set(LABELS)
        assert {f"menu-{kind.value}", *([f"button-{kind.value}"] if kind.asks else [])} <= set(LABELS)


def test_a_menu_entry_ends_in_dots_where_a_dialog_follows() -> None:
    assert all(label(f"menu-{kind.value}").endswith("…") == kind.asks for kind in Kind)
