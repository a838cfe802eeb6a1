"""The Python environment of the server: one venv in Overpaint's home, made once and kept up to date."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from server.wire.surroundings import cleaned

STAMP = "overpaint-environment.json"
_EARLIER_STAMP = "overpaint-requirements.sha256"
"""Of versions before the locks: all was there once, of what is not said."""


@dataclass(frozen=True)
class Environment:
    """A venv. ``root`` is its folder; ``python`` its interpreter."""

    root: Path

    @property
    def scripts(self) -> Path:
        return self.root / ("Scripts" if sys.platform == "win32" else "bin")

    @property
    def python(self) -> Path:
        return self.scripts / ("python.exe" if sys.platform == "win32" else "python")

    @property
    def uv(self) -> Path:
        return self.scripts / ("uv.exe" if sys.platform == "win32" else "uv")

    @property
    def site(self) -> Path | None:
        """Where its packages lie, asked of its own Python; None where that does not run: it was half made, or the
        system's Python that it stands on went to another version."""
        question = "import sysconfig, sys; print(sysconfig.get_paths()['purelib']); print(sys.prefix)"
        try:
            done = subprocess.run(
                [str(self.python), "-I", "-c", question], capture_output=True, env=cleaned(), check=True
            )
        except (OSError, subprocess.CalledProcessError):
            return None
        site, prefix = (Path(os.fsdecode(line)) for line in done.stdout.splitlines()[:2])
        return site if site.is_dir() and prefix.resolve() == self.root.resolve() else None


@dataclass(frozen=True)
class Stamp:
    """What was put into an environment, written when all of it was there. locks: fingerprints. torch: as asked for."""

    locks: tuple[str, ...]
    torch: tuple[str, str]


def fingerprint(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def stamped(environment: Environment) -> Stamp | None:
    """None where setting it up was never finished."""
    try:
        fields = json.loads((environment.root / STAMP).read_bytes())
        device, index = fields["torch"]
        return Stamp(tuple(fields["locks"]), (device, index))
    except (OSError, ValueError, KeyError, TypeError):
        return Stamp((), ("auto", "")) if (environment.root / _EARLIER_STAMP).exists() else None


def stamp(environment: Environment, locks: Iterable[Path], torch: tuple[str, str]) -> None:
    text = json.dumps({"locks": [fingerprint(lock) for lock in locks], "torch": torch})
    (environment.root / STAMP).write_text(text, "utf-8")


def unstamp(environment: Environment) -> None:
    for name in (STAMP, _EARLIER_STAMP):
        (environment.root / name).unlink(missing_ok=True)


def variables(code: Path, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment variables under which ``code`` (a checkout or the installed copy) runs."""
    found = cleaned(os.environ if base is None else base)
    found["PYTHONPATH"] = str(code)
    found.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    return found
