"""``overpaint loras``: words are listed, renamed, exported and removed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli import app
from server.models.store.loras import Lora, LoraStore
from server.models.store.taught import Taught
from server.wire.paths import Home
from tests.models.safe import write_safetensors

REX = Lora("rex", "ohwx dog", "dog", Taught.SUBJECT, "sd15", source="[bold]rex\x1b[31m.safetensors")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    file = write_safetensors(tmp_path / "any.safetensors", {"lora_unet_x.lora_down.weight": ("F16", (4, 8))})
    for word in ("rex", "minka"):
        LoraStore(home.loras).put(file, replace(REX, word=word))
    return home


def say(home: Home, *words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["loras", *words], env={"OVERPAINT_HOME": str(home.path), "COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.output + result.stderr


def words(home: Home) -> list[str]:
    return [entry["word"] for entry in json.loads(say(home, "list", "--json"))["loras"]]


def test_they_are_listed_as_they_are(home: Home) -> None:
    assert words(home) == ["minka", "rex"]
    shown = say(home, "list")
    assert all(text in shown for text in ("rex", "ohwx dog", "Stable Diffusion 1 and 2", "[bold]rex"))
    assert "\x1b[31m" not in shown


def test_where_none_are_it_is_said_how_to_teach_one(tmp_path: Path) -> None:
    assert "--role teach" in say(Home(tmp_path), "list")


def test_one_gets_another_word(home: Home) -> None:
    assert "bello" in say(home, "rename", "rex", "Bello")
    assert words(home) == ["bello", "minka"]
    assert "taken" in say(home, "rename", "bello", "minka", code=1)
    assert "cannot be a word" in say(home, "rename", "bello", "../up", code=1)
    assert words(home) == ["bello", "minka"]


def test_one_is_removed(home: Home) -> None:
    say(home, "remove", "rex")
    assert words(home) == ["minka"]
    assert "minka" in say(home, "remove", "rex", code=1)


def test_one_is_exported_as_it_is_kept(home: Home, tmp_path: Path) -> None:
    assert "Written" in say(home, "export", "rex", str(tmp_path))
    assert LoraStore(tmp_path).find("rex").phrase == "ohwx dog"
    for target in (tmp_path, tmp_path / "rex.txt", tmp_path / "nowhere" / "rex.safetensors"):
        assert say(home, "export", "rex", str(target), code=1)
