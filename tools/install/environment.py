"""The Python environment of the server: one venv in Overpaint's home, made once and kept up to date."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .say import InstallError, say

HERE = Path(__file__).parent
SERVER = HERE / "requirements.txt"
TEST = HERE / "requirements-test.txt"
STAMP = "overpaint-requirements.sha256"


@dataclass(frozen=True)
class Environment:
    """A venv. ``root`` is its folder; ``python`` its interpreter."""

    root: Path

    @property
    def python(self) -> Path:
        return self.root / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    def has(self, requirements: tuple[Path, ...], torch_index: str) -> bool:
        stamp = self.root / STAMP
        if not (self.python.exists() and stamp.exists()):
            return False
        return fingerprint(requirements, torch_index) in stamp.read_text().split()

    def remember(self, requirements: tuple[Path, ...], torch_index: str) -> None:
        # The test set contains the server's, so that "install" after "test" has nothing left to do.
        marks = [fingerprint(requirements[:end], torch_index) for end in range(1, len(requirements) + 1)]
        (self.root / STAMP).write_text("\n".join(marks) + "\n")


def fingerprint(requirements: tuple[Path, ...], torch_index: str) -> str:
    """One line that changes when a pin, the torch build or the Python version does."""
    parts = [path.read_text() for path in requirements] + [torch_index, sys.version.split()[0]]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def prepare(root: Path, *, tests: bool, torch_index: str = "") -> Environment:
    """Make the environment at ``root``, or bring it up to date; nothing happens when it already is.

    torch_index: a pip index that carries another build of torch (CUDA, ROCm, CPU only); empty for pip's own.
    Raises InstallError when Python cannot make environments here or pip fails.
    """
    environment = Environment(root)
    wanted = (SERVER, TEST) if tests else (SERVER,)
    if environment.has(wanted, torch_index):
        return environment
    if not environment.python.exists():
        say(f"Making the environment in {root}")
        make_venv(root)
    say("Installing the packages (about 1.7 GB on disk; a few minutes the first time)")
    if torch_index:
        pip(environment, ["install", "--index-url", torch_index, torch_pin()])
    for path in wanted:
        pip(environment, ["install", "-r", str(path)])
    environment.remember(wanted, torch_index)
    return environment


def make_venv(root: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "venv", str(root)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise InstallError(
            "This Python cannot make environments. On Debian and Ubuntu: sudo apt install python3-venv. "
            f"What it said: {(done.stdout + done.stderr).strip()[-500:]}"
        )


def torch_pin() -> str:
    return next(line for line in SERVER.read_text().splitlines() if line.startswith("torch=="))


def pip(environment: Environment, arguments: list[str]) -> None:
    command = [str(environment.python), "-m", "pip", "--disable-pip-version-check", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    tail: list[str] = []
    for line in process.stdout:
        tail = [*tail[-20:], line.rstrip()]
        if line.startswith(("Collecting", "Installing")):
            say(f"  {line.split('(')[0].strip()[:100]}")
    if process.wait():
        raise InstallError("pip could not install the packages. It said:\n" + "\n".join(tail))


def variables(code: Path, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment variables under which ``code`` (a checkout or the installed copy) runs."""
    found = dict(os.environ if base is None else base)
    found["PYTHONPATH"] = os.pathsep.join([str(code), *filter(None, [found.get("PYTHONPATH")])])
    found.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    return found
