"""Assemble the plugins from the checkout and put them where Krita and GIMP look."""

from __future__ import annotations

import json
import platform
import shutil
import sys
import zipfile
from pathlib import Path

from . import kritarc
from .environment import Environment, pip
from .hosts import Gimp, Krita
from .say import InstallError, say

CHECKOUT = Path(__file__).resolve().parents[2]
NAME = "overpaint"

WHEELS = {"cp310": "3.10", "cp311": "3.11", "cp312": "3.12"}
"""One pyzmq wheel each; the last is built for CPython's stable interface and serves 3.12 and newer."""


def pyzmq_pin() -> str:
    lines = (Path(__file__).parent / "requirements.txt").read_text().splitlines()
    return next(line for line in lines if line.startswith("pyzmq=="))


def platform_tags() -> list[str]:
    """The wheel platforms that run on this machine, best first.

    manylinux2014 is left out: asking for it silently gives an older pyzmq.
    """
    machine = platform.machine().lower()
    if sys.platform == "win32":
        return ["win_arm64" if machine == "arm64" else "win_amd64"]
    if sys.platform == "darwin":
        return [f"macosx_{version}_{kind}" for version in ("10_15", "11_0") for kind in ("universal2", machine)]
    return [f"manylinux_2_28_{machine}", f"manylinux_2_26_{machine}"]


def vendor_pyzmq(environment: Environment, folder: Path) -> None:
    """Fill ``folder`` with one unpacked pyzmq per Python (``folder/cp310/zmq`` …), for hosts that have none.

    Kept between installations, so that a repaired or repeated install needs no network.
    """
    for abi, version in WHEELS.items():
        place = folder / abi
        if (place / "zmq").exists():
            continue
        wheels = folder / "wheels"
        arguments = ["download", "--no-deps", "--only-binary=:all:", "--implementation", "cp", "-d", str(wheels)]
        arguments += ["--python-version", version, "--abi", abi, "--abi", "abi3"]
        for tag in platform_tags():
            arguments += ["--platform", tag]
        before = set(wheels.glob("*.whl"))
        pip(environment, [*arguments, pyzmq_pin()])
        fresh = set(wheels.glob("*.whl")) - before
        if not fresh:
            raise InstallError(f"No pyzmq wheel came for Python {version}. Check the network and run install again.")
        with zipfile.ZipFile(fresh.pop()) as wheel:
            wheel.extractall(place)
    shutil.rmtree(folder / "wheels", ignore_errors=True)


def assemble(source: Path, target: Path, vendor: Path | None, home: Path) -> None:
    """Copy one plugin's folder to ``target``, with the rooms it carries and its pyzmq.

    ``installed.json`` tells the plugin where Overpaint's home is: inside a sandbox the usual place reads differently.
    """
    shutil.rmtree(target, ignore_errors=True)
    rubbish = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(source, target, ignore=rubbish)
    carried = target / "server"
    carried.mkdir()
    shutil.copy2(CHECKOUT / "server/__init__.py", carried)
    for room in ("wire", "client"):
        shutil.copytree(CHECKOUT / "server" / room, carried / room, ignore=rubbish)
    if vendor is not None:
        shutil.copytree(vendor, target / "vendor", ignore=rubbish)
    (target / "installed.json").write_text(json.dumps({"home": str(home)}), encoding="utf-8")


def put_into_krita(krita: Krita, vendor: Path | None, home: Path) -> list[Path]:
    """Install and enable the Krita plugin; returns what was written, for the record."""
    krita.plugins.mkdir(parents=True, exist_ok=True)
    folder = krita.plugins / NAME
    assemble(CHECKOUT / "plugin_krita" / NAME, folder, vendor, home)
    written = [folder]
    for extra in (CHECKOUT / "plugin_krita").glob("*.desktop"):
        shutil.copy2(extra, krita.plugins)
        written.append(krita.plugins / extra.name)
    actions = krita.data / "actions"
    for extra in (CHECKOUT / "plugin_krita").glob("*.action"):
        actions.mkdir(parents=True, exist_ok=True)
        shutil.copy2(extra, actions)
        written.append(actions / extra.name)
    kritarc.enable(krita.config)
    say(f"Krita ({krita.how}): {folder}")
    return written


def put_into_gimp(gimp: Gimp, vendor: Path | None, home: Path) -> list[Path]:
    """Install the GIMP plug-in; returns what was written, for the record."""
    gimp.plugins.mkdir(parents=True, exist_ok=True)
    folder = gimp.plugins / NAME
    assemble(CHECKOUT / "plugin_gimp" / NAME, folder, vendor, home)
    # GIMP silently ignores a plug-in whose file is not executable.
    (folder / f"{NAME}.py").chmod(0o755)
    say(f"GIMP {gimp.profile.name} ({gimp.how}): {folder}")
    return [folder]
