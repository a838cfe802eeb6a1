"""Finding Krita and GIMP: on a made-up home, for every way in which people install them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools.install import hosts


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "APPDATA", "LOCALAPPDATA", "PROGRAMFILES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path


def test_nothing_is_found_on_an_empty_machine(user: Path) -> None:
    assert hosts.find_krita() == []
    assert hosts.find_gimp() == []


def test_a_distribution_krita_is_found_by_its_program(user: Path) -> None:
    program(user / "bin/krita", "")
    (krita,) = hosts.find_krita()
    assert krita.plugins == user / ".local/share/krita/pykrita"
    assert krita.config == user / ".config/kritarc"


def test_an_appimage_uses_the_users_own_folders(user: Path) -> None:
    program(user / "Applications/krita-5.2.9-x86_64.appimage", "")
    assert [krita.data for krita in hosts.find_krita()] == [user / ".local/share/krita"]


def test_flatpak_and_snap_kritas_have_folders_of_their_own(user: Path) -> None:
    (user / ".var/app/org.kde.krita").mkdir(parents=True)
    (user / "snap/krita").mkdir(parents=True)
    assert {krita.how: krita.plugins for krita in hosts.find_krita()} == {
        "Flatpak": user / ".var/app/org.kde.krita/data/krita/pykrita",
        "Snap": user / "snap/krita/current/.local/share/krita/pykrita",
    }


def test_every_gimp_3_profile_is_found_and_gimp_2_is_not(user: Path) -> None:
    for name in ("2.10", "3.0", "3.2", "notes"):
        (user / ".config/GIMP" / name).mkdir(parents=True)
    assert [gimp.profile.name for gimp in hosts.find_gimp()] == ["3.0", "3.2"]


def test_a_gimp_that_was_never_started_gets_its_profile_from_its_version(user: Path) -> None:
    program(user / "bin/gimp", "GNU Image Manipulation Program version 3.0.4")
    (gimp,) = hosts.find_gimp()
    assert gimp.plugins == user / ".config/GIMP/3.0/plug-ins"


def test_gimp_2_alone_counts_as_no_gimp(user: Path) -> None:
    program(user / "bin/gimp", "GNU Image Manipulation Program version 2.10.34")
    assert hosts.find_gimp() == []


def test_flatpak_gimp_profiles_are_found(user: Path) -> None:
    (user / ".var/app/org.gimp.GIMP/config/GIMP/3.0").mkdir(parents=True)
    assert [gimp.how for gimp in hosts.find_gimp()] == ["Flatpak"]


def test_windows_folders(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("APPDATA", str(user / "Roaming"))
    monkeypatch.setenv("LOCALAPPDATA", str(user / "Local"))
    monkeypatch.setenv("PROGRAMFILES", str(user / "Programs"))
    (user / "Programs/Krita (x64)").mkdir(parents=True)
    (user / "Roaming/GIMP/3.0").mkdir(parents=True)
    assert [(krita.plugins, krita.config) for krita in hosts.find_krita()] == [
        (user / "Roaming/krita/pykrita", user / "Local/kritarc")
    ]
    assert [gimp.plugins for gimp in hosts.find_gimp()] == [user / "Roaming/GIMP/3.0/plug-ins"]


def test_macos_folders(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    library = user / "Library"
    (library / "Application Support/krita").mkdir(parents=True)
    (library / "Application Support/GIMP/3.2").mkdir(parents=True)
    assert [(krita.plugins, krita.config) for krita in hosts.find_krita()] == [
        (library / "Application Support/krita/pykrita", library / "Preferences/kritarc")
    ]
    assert [gimp.profile.name for gimp in hosts.find_gimp()] == ["3.2"]


def program(path: Path, says: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
