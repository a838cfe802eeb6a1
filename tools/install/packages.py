"""Puts packages into an environment: with uv, or with pip where uv cannot be had.

Both take the same locks, check the same hashes, and ask where the person's own pip settings say.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from server.wire.surroundings import cleaned
from server.wire.trouble import says_full

from . import locks, pip_settings
from .environment import Environment
from .say import InstallError, disk_full, say, warn
from .torch_build import Asked, Build, choose, for_pip

_TAIL = 20
_SHOWN = ("Collecting", "Downloading", "Installing", "Resolved", "Installed", "Prepared", "Building")


def install(environment: Environment, tests: bool, torch: Asked, *, kept: bool = True) -> None:
    """Everything the server needs, and with ``tests`` what they need. kept: of what was fetched before, as far as
    possible. Raises InstallError."""
    wanted = [locks.SERVER, *([locks.TEST] if tests else [])]
    uv = _uv(environment)
    if uv is None:
        say("Installing the packages (0.4 GB to fetch, or 2.9 GB where pip finds only the torch that brings CUDA)")
        for lock in wanted:
            pip(environment, ["install", "--no-deps", "--require-hashes", "-r", str(lock)])
        pip(environment, ["install", *for_pip(torch)])
        return
    build = choose(torch, uv.settings, uv.resolve)
    _check_room(environment.root, build)
    say(f"Installing {build.kind}")
    uv.install(build, wanted, kept)


def unpack(environment: Environment, entry: str, python: str, folder: Path) -> None:
    """The wheel that an ``entry`` of a lock names, as Python ``python`` ("3.10") of this machine needs it, into
    ``folder``, without what it needs itself. Raises InstallError."""
    with tempfile.TemporaryDirectory() as place:
        wanted = Path(place) / "wanted.txt"
        wanted.write_text(entry, "utf-8")
        arguments = ["--no-deps", "--only-binary=:all:", "--python-version", python, "--target", str(folder)]
        arguments += ["--require-hashes", "-r", str(wanted)]
        if environment.uv.exists():
            _known_uv(environment).unpack(arguments)
            (folder / ".lock").unlink(missing_ok=True)  # uv's own
        else:
            abi = f"cp{python.replace('.', '')}"
            tags = [word for tag in _platform_tags() for word in ("--platform", tag)]
            kind = ["--implementation", "cp", "--abi", abi, "--abi", "abi3", "--no-compile", *tags]
            pip(environment, ["install", *kind, *arguments])


def _platform_tags() -> list[str]:
    """The wheel platforms that run on this machine, best first.

    manylinux2014 is left out: asking for it silently gives an older pyzmq.
    """
    machine = platform.machine().lower()
    if sys.platform == "win32":
        return ["win_arm64" if machine == "arm64" else "win_amd64"]
    if sys.platform == "darwin":
        return [f"macosx_{version}_{kind}" for version in ("10_15", "11_0") for kind in ("universal2", machine)]
    return [f"manylinux_2_28_{machine}", f"manylinux_2_26_{machine}"]


def _check_room(folder: Path, build: Build) -> None:
    """For a first set-up; a later one replaces as much as it brings."""
    taken = sum(1 for _ in folder.glob("lib*/**/torch/version.py"))
    free = shutil.disk_usage(folder).free / 1e9
    if not taken and free < build.kind.disk_gb:
        raise disk_full(f"{free:.1f} GB are free in {folder}, {build.kind.disk_gb:g} GB are needed")


class Uv:
    """Seconds instead of minutes."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.settings = pip_settings.read(environment.python)

    def resolve(self, arguments: Sequence[str]) -> list[str]:
        """Which packages torch would be, as ``name==version``; nothing where it cannot be found so."""
        command = ["compile", "-", "--quiet", "--no-header", "--no-annotate", "--no-progress", *arguments]
        done = subprocess.run(
            [str(self._environment.uv), "pip", *command, "--python", str(self._environment.python)],
            input=f"{locks.torch_pin()}\n".encode(),
            env={**self._variables(), "UV_HTTP_RETRIES": "1", "UV_HTTP_TIMEOUT": "20"},
            cwd=self._environment.root,
            capture_output=True,
            check=False,
        )
        lines = done.stdout.decode("utf-8", "replace").splitlines()
        return [] if done.returncode else [line.split(";")[0].strip() for line in lines if "==" in line]

    def install(self, build: Build, wanted: Iterable[Path], kept: bool) -> None:
        anew = [] if kept else ["--reinstall", "--no-cache"]
        for lock in wanted:
            self._run(["--no-deps", "--require-hashes", *anew, *self.settings.sources, "-r", str(lock)])
        # A constraint has no hash, so where all must have one it is left out: those versions are settled.
        constraints = [] if build.locked else [word for place in self.settings.constraints for word in ("-c", place)]
        self._run([*anew, *build.arguments, *constraints, *build.what])

    def unpack(self, arguments: Sequence[str]) -> None:
        """Copied, not linked: what happens to a host's files must not happen to the cache."""
        self._run(["--quiet", "--link-mode", "copy", *self.settings.sources, *arguments])

    def _run(self, arguments: Sequence[str]) -> None:
        command = [str(self._environment.uv), "pip", "install", "--python", str(self._environment.python)]
        _follow([*command, *arguments], "uv", self._variables(), self._environment.root)

    def _variables(self) -> dict[str, str]:
        own = {"UV_PYTHON_DOWNLOADS": "never", "UV_SYSTEM_CERTS": "1", "NO_COLOR": "1"}
        return {**cleaned(), **own, **dict(self.settings.variables)}


@cache
def _known_uv(environment: Environment) -> Uv:
    """pip is asked for its settings once."""
    return Uv(environment)


def _uv(environment: Environment) -> Uv | None:
    """uv, in the environment itself; None, with the reason, where the registry has none for this machine."""
    try:
        pip(environment, ["install", "--quiet", "--no-deps", "--require-hashes", "-r", str(locks.UV)])
    except InstallError as error:
        warn(f"uv cannot be had here, so pip does it, in minutes instead of seconds. ({str(error).splitlines()[-1]})")
        return None
    return _known_uv(environment)


def pip(environment: Environment, arguments: Sequence[str]) -> None:
    command = [str(environment.python), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    elsewhere = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER")  # where the person's own packages go
    variables = {name: value for name, value in cleaned().items() if name not in elsewhere}
    _follow(command, "pip", variables, environment.root)


def _follow(command: list[str], name: str, variables: dict[str, str], folder: Path) -> None:
    """Runs it in ``folder``, ours: nothing is read from wherever the person is. Shows what it begins."""
    tail: list[str] = []
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        env={**variables, "PYTHONIOENCODING": "utf-8"},
        cwd=folder,
    ) as process:
        assert process.stdout is not None
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            tail = [*tail[-_TAIL:], line]
            if line.strip().startswith(_SHOWN):
                say(f"  {line.strip()[:100]}")
    if process.returncode:
        words = "\n".join(tail)
        if says_full(words):
            raise disk_full(str(folder))
        raise InstallError(f"{name} could not install the packages. It said:\n{words}")
