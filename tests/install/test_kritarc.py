"""kritarc belongs to the user: we set one line and take it out again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.install import kritarc

USERS = "theme=Krita dark\n[python]\nenable_comics=true\n[Toolbar]\nsize=3\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config" / "kritarc"


def test_a_missing_file_is_made(config: Path) -> None:
    kritarc.enable(config)
    assert config.read_text() == "[python]\nenable_overpaint=true\n"


def test_the_rest_of_the_file_is_kept_and_comes_back_unchanged(config: Path) -> None:
    config.parent.mkdir()
    config.write_text(USERS)
    kritarc.enable(config)
    assert set(USERS.splitlines()) < set(config.read_text().splitlines())
    assert kritarc.enabled(config)
    kritarc.disable(config)
    assert config.read_text() == USERS


def test_enabling_twice_leaves_one_line(config: Path) -> None:
    kritarc.enable(config)
    kritarc.enable(config)
    assert config.read_text().count("enable_overpaint") == 1


def test_a_plugin_switched_off_by_the_user_is_switched_on_by_installing(config: Path) -> None:
    config.parent.mkdir()
    config.write_text("[python]\nenable_overpaint=false\n")
    kritarc.enable(config)
    assert config.read_text() == "[python]\nenable_overpaint=true\n"


def test_a_file_that_was_only_ours_disappears(config: Path) -> None:
    kritarc.enable(config)
    kritarc.disable(config)
    assert not config.exists()
