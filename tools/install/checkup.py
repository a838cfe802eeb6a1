"""doctor: look at the installation from outside and name each problem with its fix."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import kritarc
from .environment import Environment, stamped, variables
from .hosts import find_gimp, find_krita
from .plugins import NAME, WHEELS, home_of, vendored
from .wholeness import damaged

ENOUGH_DISK_GB = 3.0
INSTALL = "Run: python3 install.py install"


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
    yield from look_at_environment(home, environment, code)
    yield from look_at_launch(home)
    yield from look_at_permissions(home)
    yield from look_at_krita()
    yield from look_at_gimp()


def look_at_disk(home: Path) -> Iterator[Finding]:
    place = next(path for path in [home, *home.parents] if path.exists())
    free = shutil.disk_usage(place).free / 1e9
    fix = "" if free >= ENOUGH_DISK_GB else f"Free some space: the environment alone needs {ENOUGH_DISK_GB:.0f} GB."
    yield Finding(f"{free:.0f} GB free in {place}", fix)


def look_at_environment(home: Path, environment: Environment, code: Path) -> Iterator[Finding]:
    problem = what_is_wrong(home, environment)
    if problem:
        yield Finding(problem, INSTALL)
        return
    probe = "import json, torch, zmq, diffusers; print(json.dumps([torch.__version__, torch.cuda.is_available()]))"
    done = subprocess.run(
        [str(environment.python), "-c", probe], capture_output=True, text=True, env=variables(code), check=False
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        yield Finding(f"The environment does not load: {last[0]}", f"Delete {environment.root}, then: {INSTALL}")
        return
    torch, cuda = json.loads(done.stdout.splitlines()[-1])
    yield Finding(f"torch {torch}, {'CUDA works' if cuda else 'no CUDA device: edits run on the processor'}")
    if not cuda and shutil.which("nvidia-smi"):
        yield Finding(
            "An NVIDIA card is here, but this torch cannot use it",
            "Run: python3 install.py install --device cuda",
        )
    yield from look_for_torchvision(environment)


def what_is_wrong(home: Path, environment: Environment) -> str:
    """In a sentence, before anything is imported; empty when all of it is there."""
    if not environment.python.exists():
        return "The server's environment is missing, or the Python that it was made with is gone"
    site = environment.site
    if site is None:
        return "The server's environment does not run: it was half made, or its Python went to another version"
    broken = damaged(site)
    if broken:
        return f"Files are missing in the server's environment ({', '.join(broken[:5])})"
    # An environment that was named with --environment is somebody's own, and has no stamp.
    own = environment.root == home / "env"
    return "The server's environment is not finished" if own and not stamped(environment) else ""


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
        yield Finding("The plugins do not know how to start the server", INSTALL)
        return
    try:
        command = json.loads(path.read_bytes())["command"]
        missing = [word for word in command if Path(word).is_absolute() and not Path(word).exists()]
    except (OSError, ValueError, KeyError, TypeError):
        yield Finding(f"{path} cannot be read", INSTALL)
        return
    if missing:
        yield Finding(f"Plugins start the server with what is not there: {missing[0]}", INSTALL)
    else:
        yield Finding(f"Plugins start the server with {command[0]}")


def look_at_permissions(home: Path) -> Iterator[Finding]:
    if not home.exists():
        return
    if not os.access(home, os.W_OK):
        yield Finding(f"{home} cannot be written", f"Make it yours: sudo chown -R $USER {shlex.quote(str(home))}")
    connection = home / "connection.json"
    if sys.platform != "win32" and connection.exists() and stat.S_IMODE(connection.stat().st_mode) & 0o077:
        yield Finding("The connection file can be read by others", f"Run: chmod 600 {shlex.quote(str(connection))}")


def look_at_krita() -> Iterator[Finding]:
    places = find_krita()
    if not places:
        yield Finding("Krita was not found (nothing to do if you do not use it)")
    for krita in places:
        if not (krita.plugins / NAME / "__init__.py").exists():
            yield Finding(f"Krita ({krita.how}) has no Overpaint", INSTALL)
        elif not kritarc.enabled(krita.config):
            yield Finding(
                f"Krita ({krita.how}) has Overpaint switched off",
                "Settings > Configure Krita > Python Plugin Manager: tick Overpaint, restart Krita",
            )
        else:
            yield from look_into_plugin(f"Krita ({krita.how})", krita.plugins / NAME)


def look_at_gimp() -> Iterator[Finding]:
    places = find_gimp()
    if not places:
        yield Finding("GIMP 3 was not found (nothing to do if you do not use it)")
    for gimp in places:
        script = gimp.plugins / NAME / f"{NAME}.py"
        if not script.exists():
            yield Finding(f"GIMP {gimp.profile.name} ({gimp.how}) has no Overpaint", INSTALL)
        elif sys.platform != "win32" and not os.access(script, os.X_OK):
            yield Finding(
                f"GIMP {gimp.profile.name} cannot run Overpaint's file", f"Run: chmod +x {shlex.quote(str(script))}"
            )
        else:
            yield from look_into_plugin(f"GIMP {gimp.profile.name} ({gimp.how})", gimp.plugins / NAME)


def look_into_plugin(host: str, folder: Path) -> Iterator[Finding]:
    """What a plugin carries, and whether the Overpaint that it belongs to is still there."""
    home = home_of(folder)
    carried = folder / "vendor"
    broken = [abi for abi in WHEELS if carried.exists() and not (vendored(carried / abi) and loads(carried / abi))]
    if home is None or not home.is_dir():
        yield Finding(f"{host} has an Overpaint that belongs to {home or 'nobody'}, which is gone", INSTALL)
    elif broken:
        yield Finding(f"{host} has Overpaint, but its pyzmq is not whole ({', '.join(broken)})", INSTALL)
    else:
        yield Finding(f"{host} has Overpaint")


def loads(vendored_pyzmq: Path) -> bool:
    """Whether this Python can import it; True for one that is for other Pythons."""
    wanted = f"cp{sys.version_info[0]}{sys.version_info[1]}" if sys.version_info < (3, 12) else "cp312"
    if vendored_pyzmq.name != wanted:
        return True
    code = "import sys; sys.path.insert(0, sys.argv[1]); import zmq; zmq.Context().term()"
    command = [sys.executable, "-I", "-c", code, str(vendored_pyzmq)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
