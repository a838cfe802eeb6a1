"""kritarc belongs to the user: we set one line and take it out again."""

from __future__ import annotations

import os
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


@pytest.mark.parametrize(
    "text",
    [
        b"[a]\nx=\xe9\n",
        "[a]\nx=one\u2028two\x0cthree\u0085four\n".encode(),
        b"[a]\r\nx=1\r\n[python]\r\nenable_x=true\r\n",
        b"[python]\n\n[z]\na=1\n",
        b"[z]\na=1\n[python]\n",
        b"x=1\n\n\n",
        b"enable_overpaint=mine\n[b]\nenable_overpaint=mine\n",
        b"[python]\nenable_overpaint_colours=true\n",
    ],
)
def test_every_other_byte_of_it_stays(config: Path, text: bytes) -> None:
    config.parent.mkdir()
    config.write_bytes(text)
    kritarc.enable(config)
    assert kritarc.enabled(config)
    assert b"\r\n" not in text or config.read_bytes().count(b"\r\n") == config.read_bytes().count(b"\n")
    kritarc.disable(config)
    assert config.read_bytes() == text
    assert list(config.parent.iterdir()) == [config]


def test_a_link_stays_a_link_and_a_mode_a_mode(config: Path) -> None:
    real = config.parent / "dotfiles" / "krita"
    real.parent.mkdir(parents=True)
    real.write_text("[a]\nx=1\n")
    real.chmod(0o600)
    config.symlink_to(real)
    kritarc.enable(config)
    assert config.is_symlink()
    assert "enable_overpaint=true" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_written_whole_is_not_written(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.parent.mkdir()
    config.write_text(USERS)

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        kritarc.enable(config)
    assert config.read_text() == USERS
    assert list(config.parent.iterdir()) == [config]
