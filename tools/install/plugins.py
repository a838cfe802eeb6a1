"""Assemble the plugins from the checkout and put them where Krita and GIMP look."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from server.client.catalogue import compile_folder

from . import kritarc, locks, packages
from .environment import Environment
from .hosts import Gimp, Krita
from .placing import RUBBISH, folder_at, put_text
from .say import InstallError, say
from .wholeness import damaged, holds

CHECKOUT = Path(__file__).resolve().parents[2]
NAME = "overpaint"
MARK = "installed.json"
"""In every plugin's folder: where Overpaint's home is, and that the folder is ours."""

LOCALE = "server/client/locale"

_SOURCES = shutil.ignore_patterns("__pycache__", "*.pyc", "*.po")
"""Left out of the rooms that a plugin carries: it has its translations compiled."""

WHEELS = {"cp310": "3.10", "cp311": "3.11", "cp312": "3.12"}
"""One pyzmq wheel each; the last is built for CPython's stable interface and serves 3.12 and newer."""


def vendor_pyzmq(environment: Environment, folder: Path) -> None:
    """Fill ``folder`` with one unpacked pyzmq per Python (``folder/cp310/zmq`` …), for hosts that have none.

    What is whole is kept between installations, so that a repaired or repeated install needs no network. Raises
    InstallError.
    """
    for abi, version in WHEELS.items():
        if not vendored(folder / abi):
            with folder_at(folder / abi) as fresh:
                packages.unpack(environment, locks.entry("pyzmq"), version, fresh)
                if damaged(fresh) or not vendored(fresh):
                    raise InstallError(f"The pyzmq wheel for Python {version} came damaged. Run install again.")


def vendored(folder: Path) -> bool:
    """Whether just the pyzmq that we name is there, every file of it."""
    return holds(folder, "pyzmq", locks.version("pyzmq"))


def assemble(source: Path, target: Path, vendor: Path | None, home: Path) -> None:
    """Copy one plugin's folder to ``target``, with the rooms it carries and its pyzmq.

    ``installed.json`` tells the plugin where Overpaint's home is: inside a sandbox the usual place reads differently.
    """
    with folder_at(target) as fresh:
        (fresh / MARK).write_text(json.dumps({"home": str(home)}), encoding="utf-8")
        shutil.copytree(source, fresh, ignore=RUBBISH, dirs_exist_ok=True)
        for script in fresh.glob(f"{NAME}.py"):
            script.chmod(0o755)  # GIMP silently ignores a plug-in whose file is not executable
        carried = fresh / "server"
        carried.mkdir()
        shutil.copy2(CHECKOUT / "server/__init__.py", carried)
        for room in ("wire", "client"):
            shutil.copytree(CHECKOUT / "server" / room, carried / room, ignore=_SOURCES)
        compile_folder(CHECKOUT / LOCALE, fresh / LOCALE)
        if vendor is not None:
            shutil.copytree(vendor, fresh / "vendor", ignore=RUBBISH)


def home_of(folder: Path) -> Path | None:
    """Which Overpaint a plugin's folder belongs to; None for a folder that is not ours, or cannot be read."""
    try:
        return Path(json.loads((folder / MARK).read_bytes())["home"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_ours(folder: Path) -> bool:
    """By its mark; one whose mark cannot be read by the rooms that it carries. An empty one is nobody's."""
    carries = (folder / "server/wire").is_dir() and (folder / "server/client").is_dir()
    return home_of(folder) is not None or carries or not any(path.is_file() for path in folder.rglob("*"))


def krita_files(krita: Krita) -> list[Path]:
    """All that ``put_into_krita`` writes, beside its kritarc."""
    extras = [krita.plugins / path.name for path in (CHECKOUT / "plugin_krita").glob("*.desktop")]
    extras += [krita.data / "actions" / path.name for path in (CHECKOUT / "plugin_krita").glob("*.action")]
    return [krita.plugins / NAME, *extras]


def put_into_krita(krita: Krita, vendor: Path | None, home: Path) -> list[Path]:
    """Install and enable the Krita plugin; returns what was written, for the record."""
    folder, *extras = krita_files(krita)
    assemble(CHECKOUT / "plugin_krita" / NAME, folder, vendor, home)
    for extra in extras:
        put_text(extra, (CHECKOUT / "plugin_krita" / extra.name).read_bytes())
    kritarc.enable(krita.config)
    say(f"Krita ({krita.how}): {folder}")
    return [folder, *extras]


def put_into_gimp(gimp: Gimp, vendor: Path | None, home: Path) -> list[Path]:
    """Install the GIMP plug-in; returns what was written, for the record."""
    folder = gimp.plugins / NAME
    assemble(CHECKOUT / "plugin_gimp" / NAME, folder, vendor, home)
    say(f"GIMP {gimp.profile.name} ({gimp.how}): {folder}")
    return [folder]


def check_free(folders: Iterable[Path]) -> None:
    """Raises InstallError where somebody else's plugin has the name of ours."""
    for folder in folders:
        if folder.exists() and not is_ours(folder):
            raise InstallError(f"{folder} is there already and is not Overpaint's. Move it away and run install again.")
