"""Where Krita and GIMP keep a user's plugins on this machine, however they were installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

OLDEST_GIMP = (3, 0)


@dataclass(frozen=True)
class Krita:
    """One Krita of this user. ``data`` holds ``pykrita/``; ``config`` is its kritarc."""

    data: Path
    config: Path
    how: str

    @property
    def plugins(self) -> Path:
        return self.data / "pykrita"


@dataclass(frozen=True)
class Gimp:
    """One GIMP profile (there is one per minor version). ``profile`` holds ``plug-ins/``."""

    profile: Path
    how: str

    @property
    def plugins(self) -> Path:
        return self.profile / "plug-ins"


def find_krita() -> list[Krita]:
    """Every Krita, 5 or 6, that is installed or was once started by this user."""
    user = user_folder()
    if user is None:
        return []
    places = [
        Krita(data_home() / "krita", config_home() / "kritarc", "installed"),
        Krita(user / ".var/app/org.kde.krita/data/krita", user / ".var/app/org.kde.krita/config/kritarc", "Flatpak"),
        Krita(user / "snap/krita/current/.local/share/krita", user / "snap/krita/current/.config/kritarc", "Snap"),
    ]
    if sys.platform == "darwin":
        library = user / "Library"
        places = [Krita(library / "Application Support/krita", library / "Preferences/kritarc", "application")]
    if sys.platform == "win32":
        places = [Krita(roaming() / "krita", local() / "kritarc", "installed")]
    return [place for place in places if krita_is_there(place)]


def krita_is_there(place: Krita) -> bool:
    if place.data.exists() or place.config.exists():
        return True
    if place.how == "Flatpak":
        return (Path.home() / ".var/app/org.kde.krita").exists() or flatpak_has("org.kde.krita")
    if place.how == "Snap":
        return (Path.home() / "snap/krita").exists()
    return shutil.which("krita") is not None or any(path.exists() for path in application_folders("krita"))


def find_gimp() -> list[Gimp]:
    """Every profile of GIMP 3.0 or newer, and one made for an installed GIMP that was never started."""
    roots = gimp_roots()
    found = [Gimp(profile, how) for how, root in roots.items() for profile in profiles(root)]
    own = next(iter(roots.items()), None)
    if own and not any(gimp.how == own[0] for gimp in found):
        version = installed_gimp_version()
        if version and version >= OLDEST_GIMP:
            found.append(Gimp(own[1] / f"{version[0]}.{version[1]}", own[0]))
    return found


def gimp_roots() -> dict[str, Path]:
    """Where profiles lie, by the way in which GIMP was installed."""
    user = user_folder()
    if user is None:
        return {}
    if sys.platform == "darwin":
        return {"application": user / "Library/Application Support/GIMP"}
    if sys.platform == "win32":
        return {"installed": roaming() / "GIMP"}
    return {
        "installed": config_home() / "GIMP",
        "Flatpak": user / ".var/app/org.gimp.GIMP/config/GIMP",
        "Snap": user / "snap/gimp/current/.config/GIMP",
    }


def profiles(root: Path) -> list[Path]:
    """The folders ``3.0``, ``3.2``, … below ``root``."""
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if path.is_dir() and profile_version(path.name) >= OLDEST_GIMP)


def profile_version(name: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)\.(\d+)", name)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def installed_gimp_version() -> tuple[int, int] | None:
    """The version of the GIMP on PATH, asked of itself; None where there is none."""
    for name in ("gimp", "gimp-3.2", "gimp-3.0", "gimp-console"):
        program = shutil.which(name)
        if not program:
            continue
        try:
            done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        match = re.search(r"(\d+)\.(\d+)\.\d+", done.stdout)
        if match:
            # 2.99 development versions count as nothing; odd minors use the next even profile.
            major, minor = int(match[1]), int(match[2])
            return major, minor + minor % 2
    return None


def application_folders(name: str) -> list[Path]:
    if sys.platform == "darwin":
        return [Path(f"/Applications/{name}.app"), Path.home() / f"Applications/{name}.app"]
    if sys.platform == "win32":
        programs = os.environ.get("PROGRAMFILES", r"C:\Program Files")
        return [Path(programs) / f"{name.capitalize()} (x64)", Path(programs) / name.capitalize()]
    return [path for folder in ("Applications", "bin", ".local/bin") for path in appimages(Path.home() / folder, name)]


def appimages(folder: Path, name: str) -> list[Path]:
    """AppImages keep their plugins where a distribution's package does: in the user's own data folder."""
    return [path for path in folder.glob("*.[aA]pp[iI]mage") if name in path.name.lower()]


def flatpak_has(application: str) -> bool:
    program = shutil.which("flatpak")
    if not program:
        return False
    try:
        done = subprocess.run([program, "info", application], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def user_folder() -> Path | None:
    """None for an account without a home: nothing of a host's is there either."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")


def config_home() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def roaming() -> Path:
    return Path(os.environ.get("APPDATA") or Path.home() / "AppData/Roaming")


def local() -> Path:
    return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
