"""doctor: look at the installation from outside and name each problem with its fix."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import kritarc
from .environment import SERVER, STAMP, Environment, variables
from .hosts import find_gimp, find_krita
from .plugins import NAME

ENOUGH_DISK_GB = 3.0


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``fix`` is empty when all is well."""

    what: str
    fix: str = ""

    @property
    def good(self) -> bool:
        return not self.fix


def examine(home: Path, environment: Environment, code: Path) -> Iterator[Finding]:
    """Every finding, in the order in which a person would mend them."""
    yield from look_at_disk(home)
    yield from look_at_environment(environment, code)
    yield from look_at_launch(home)
    yield from look_at_permissions(home)
    yield from look_at_krita()
    yield from look_at_gimp()


def look_at_disk(home: Path) -> Iterator[Finding]:
    place = next(path for path in [home, *home.parents] if path.exists())
    free = shutil.disk_usage(place).free / 1e9
    fix = "" if free >= ENOUGH_DISK_GB else f"Free some space: the environment alone needs {ENOUGH_DISK_GB:.0f} GB."
    yield Finding(f"{free:.0f} GB free in {place}", fix)


def look_at_environment(environment: Environment, code: Path) -> Iterator[Finding]:
    if not environment.python.exists():
        yield Finding("The server's environment is missing", "Run: python3 install.py install")
        return
    if not (environment.root / STAMP).exists():
        yield Finding("The server's environment is not finished", "Run: python3 install.py install")
        return
    probe = "import json, torch, zmq, diffusers; print(json.dumps([torch.__version__, torch.cuda.is_available()]))"
    done = subprocess.run(
        [str(environment.python), "-c", probe], capture_output=True, text=True, env=variables(code), check=False
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        yield Finding(f"The environment does not load: {last[0]}", f"Delete {environment.root} and run install again")
        return
    torch, cuda = json.loads(done.stdout.splitlines()[-1])
    yield Finding(f"torch {torch}, {'CUDA works' if cuda else 'no CUDA device: edits run on the processor'}")
    if not cuda and shutil.which("nvidia-smi"):
        yield Finding(
            "An NVIDIA card is here, but this torch cannot use it",
            "Run: python3 install.py install --device cuda --torch-index URL "
            "(the address that PyTorch's own page names for your driver)",
        )
    yield from look_for_torchvision(environment)


def look_for_torchvision(environment: Environment) -> Iterator[Finding]:
    # A torchvision that does not match torch's build breaks transformers' imports.
    if list(environment.root.glob("**/site-packages/torchvision")):
        yield Finding(
            "torchvision is in the environment and may not match torch",
            f"Run: {environment.python} -m pip uninstall torchvision",
        )


def look_at_launch(home: Path) -> Iterator[Finding]:
    path = home / "launch.json"
    if not path.exists():
        yield Finding("The plugins do not know how to start the server", "Run: python3 install.py install")
        return
    command = json.loads(path.read_text(encoding="utf-8"))["command"]
    fix = "" if Path(command[0]).exists() else "Run: python3 install.py install"
    yield Finding(f"Plugins start the server with {command[0]}", fix)


def look_at_permissions(home: Path) -> Iterator[Finding]:
    if not home.exists():
        return
    if not os.access(home, os.W_OK):
        yield Finding(f"{home} cannot be written", f"Make it yours: sudo chown -R $USER '{home}'")
    connection = home / "connection.json"
    if sys.platform != "win32" and connection.exists() and stat.S_IMODE(connection.stat().st_mode) & 0o077:
        yield Finding("The connection file can be read by others", f"Run: chmod 600 '{connection}'")


def look_at_krita() -> Iterator[Finding]:
    places = find_krita()
    if not places:
        yield Finding("Krita was not found (nothing to do if you do not use it)")
    for krita in places:
        if not (krita.plugins / NAME / "__init__.py").exists():
            yield Finding(f"Krita ({krita.how}) has no Overpaint", "Run: python3 install.py install")
        elif not kritarc.enabled(krita.config):
            yield Finding(
                f"Krita ({krita.how}) has Overpaint switched off",
                "Settings > Configure Krita > Python Plugin Manager: tick Overpaint, restart Krita",
            )
        else:
            yield Finding(f"Krita ({krita.how}) has Overpaint")


def look_at_gimp() -> Iterator[Finding]:
    places = find_gimp()
    if not places:
        yield Finding("GIMP 3 was not found (nothing to do if you do not use it)")
    for gimp in places:
        script = gimp.plugins / NAME / f"{NAME}.py"
        if not script.exists():
            yield Finding(f"GIMP {gimp.profile.name} ({gimp.how}) has no Overpaint", "Run: python3 install.py install")
        elif sys.platform != "win32" and not os.access(script, os.X_OK):
            yield Finding(f"GIMP {gimp.profile.name} cannot run Overpaint's file", f"Run: chmod +x '{script}'")
        else:
            yield Finding(f"GIMP {gimp.profile.name} ({gimp.how}) has Overpaint")


def pins() -> list[str]:
    return [line for line in SERVER.read_text().splitlines() if line and not line.startswith("#")]
