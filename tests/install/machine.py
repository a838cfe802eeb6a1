"""One user's folders, and install.py run as that user."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tools.install import application

ROOT = Path(__file__).parents[2]
KILLED = Path(__file__).with_name("killed.py")
_HEAVY = ("__pycache__", "node_modules")


@dataclass(frozen=True)
class Machine:
    """environment: of Python, with all packages; what makes one itself is tested elsewhere."""

    user: Path
    checkout: Path
    environment: str = sys.prefix
    more: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.user / "op"

    @property
    def variables(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "PYTHONPATH"))}
        # Of this machine only the system's own programs: a stray tool would leave files of its own in the new home.
        own = {"PATH": "/usr/bin:/bin", "HOME": str(self.user), "OVERPAINT_HOME": str(self.home)}
        # What was fetched for one of them serves all.
        own["UV_CACHE_DIR"] = os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache/uv"))
        return {**kept, **own, **self.more}

    def run(self, *arguments: str, script: Path | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(script or self.checkout / "install.py"), *self._environment, *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=self.variables, timeout=800, check=False)

    def killed(self, moment: int, *arguments: str) -> list[str]:
        """Kills it just before the step of that number; of 0 the names of all steps, and it lives."""
        command = [sys.executable, str(KILLED), str(self.checkout), str(moment), *self._environment, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=self.variables, timeout=800, check=False)
        assert moment or done.returncode == 0, done.stderr
        return [line for line in done.stderr.splitlines() if line.startswith(("os.", "open "))]

    @property
    def _environment(self) -> list[str]:
        return ["--environment", self.environment] if self.environment else []

    def contents(self) -> dict[str, int]:
        """Files and links below the user's folder but the checkout, with their sizes. Folders do not count: a host
        would make them anyway."""
        found = (path for path in self.user.rglob("*") if path.is_symlink() or path.is_file())
        return {str(path): path.lstat().st_size for path in found if self.checkout not in path.parents}


@contextlib.contextmanager
def machine(*, weights: bool = True) -> Iterator[Machine]:
    """A short path: the server's ipc sockets lie below it. weights: with those of the built-in model."""
    with tempfile.TemporaryDirectory(prefix="op-") as folder:
        user, checkout = Path(folder), Path(folder) / "checkout"
        checkout.mkdir()
        left_out = shutil.ignore_patterns(*_HEAVY, *(() if weights else ("*.safetensors", "*.jpg", "*.png")))
        for name in application.CARRIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, checkout / name, ignore=left_out)
            elif source.exists():
                shutil.copy2(source, checkout / name)
        yield Machine(user, checkout)
