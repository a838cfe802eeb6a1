"""A setting is described once, on the field of ``Recipe``: everything else is a loop over that."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from typer.main import get_command

from server.cli import app
from server.methods import registry
from server.wire.recipe import SETTINGS, Recipe

ROOT = Path(__file__).parents[2]
NOT_SETTINGS = {"method", "prompt", "extras", "points"}


def test_every_field_of_a_recipe_is_described() -> None:
    assert {field.name for field in fields(Recipe)} - NOT_SETTINGS == set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_command_line_has_an_option_with_the_settings_own_words_and_range(name: str) -> None:
    (option,) = (option for option in get_command(app).commands["edit"].params if option.name == name)  # type: ignore[attr-defined]
    setting = SETTINGS[name]
    assert setting.tip in option.help
    assert setting.range is None or str(setting.range) in option.help


@pytest.mark.parametrize("name", SETTINGS)
def test_some_method_reads_it(name: str) -> None:
    assert any(name in method.offer(("a",)).settings for method in registry.methods())


@pytest.mark.parametrize("name", sorted(set(SETTINGS) - {"seed", "model", "preset", "eta", "strength"}))
def test_no_host_names_it_but_in_its_words(name: str) -> None:
    """Neither a range nor a row of its own: what belongs to a host alone (a die, a slider) is named there."""
    naming = [
        path.relative_to(ROOT).as_posix()
        for plugin in ("plugin_krita", "plugin_gimp")
        for path in sorted((ROOT / plugin).rglob("*.py"))
        if re.search(rf'"{name}"', path.read_text("utf-8")) and path.name not in ("words.py", "dialog.py")
    ]
    assert naming == []
