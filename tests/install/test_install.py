"""install.py for real: into a made-up home, from a checkout that is then deleted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.install import application
from tools.install.plugins import WHEELS

pytestmark = pytest.mark.spread

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Machine:
    """One user's folders, and install.py run as that user."""

    user: Path
    checkout: Path

    @property
    def home(self) -> Path:
        return self.user / "op"

    @property
    def variables(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "PYTHONPATH"))}
        # Of this machine only the system's own programs: a stray tool would leave files of its own in the new home.
        return {**kept, "PATH": "/usr/bin:/bin", "HOME": str(self.user), "OVERPAINT_HOME": str(self.home)}

    def run(self, *arguments: str, script: Path | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(script or self.checkout / "install.py"), "--environment", sys.prefix]
        return subprocess.run(
            [*command, *arguments], capture_output=True, text=True, env=self.variables, timeout=800, check=False
        )


@pytest.fixture
def machine() -> Iterator[Machine]:
    # A short path: the server's ipc sockets lie below it.
    with tempfile.TemporaryDirectory(prefix="op-") as folder:
        user, checkout = Path(folder), Path(folder) / "checkout"
        checkout.mkdir()
        for name in application.CARRIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, checkout / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
            elif source.exists():
                shutil.copy2(source, checkout / name)
        yield Machine(user, checkout)


def test_an_installed_server_outlives_its_checkout_and_uninstall_leaves_nothing(machine: Machine) -> None:
    krita, gimp = machine.user / ".local/share/krita", machine.user / ".config/GIMP/3.0"
    krita.mkdir(parents=True)
    gimp.mkdir(parents=True)
    before = contents(machine.user) - contents(machine.checkout)
    done = machine.run("install")
    assert done.returncode == 0, done.stderr
    assert (krita / "pykrita/overpaint/server/client").is_dir()
    assert (krita / "pykrita/overpaint.desktop").exists()
    assert os.access(gimp / "plug-ins/overpaint/overpaint.py", os.X_OK)
    assert "enable_overpaint=true" in (machine.user / ".config/kritarc").read_text()
    for plugin in (krita / "pykrita/overpaint", gimp / "plug-ins/overpaint"):
        assert sorted(path.name for path in (plugin / "vendor").iterdir()) == sorted(WHEELS)
        assert json.loads((plugin / "installed.json").read_text())["home"] == str(machine.home)

    shutil.rmtree(machine.checkout)
    listed = subprocess.run(
        [str(machine.home / "bin/overpaint"), "jobs"],
        capture_output=True,
        text=True,
        env=machine.variables,
        timeout=240,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr
    assert (machine.home / "connection.json").exists(), "the command did not start a server"

    done = machine.run("uninstall", script=machine.home / "app/install.py")
    assert done.returncode == 0, done.stderr
    assert contents(machine.user) == before


def test_installing_twice_is_safe(machine: Machine) -> None:
    gimp = machine.user / "profile/3.0"
    for _ in range(2):
        done = machine.run("install", "--gimp", str(gimp))
        assert done.returncode == 0, done.stderr
    recorded = json.loads((machine.home / "installed.json").read_text())["files"]
    assert len(recorded) == len(set(recorded))
    assert (gimp / "plug-ins/overpaint/overpaint.py").exists()


def test_doctor_names_the_fix_for_a_plugin_that_was_switched_off(machine: Machine) -> None:
    krita = machine.user / ".local/share/krita"
    krita.mkdir(parents=True)
    assert machine.run("install").returncode == 0
    (machine.user / ".config/kritarc").write_text("[python]\nenable_overpaint=false\n")
    done = machine.run("doctor")
    assert done.returncode == 1
    assert "Python Plugin Manager" in done.stdout


def test_doctor_on_a_machine_without_overpaint_says_install(machine: Machine) -> None:
    done = machine.run("doctor")
    assert done.returncode == 1
    assert "install.py install" in done.stdout


def contents(folder: Path) -> set[str]:
    """Files and links (folders that a host would make anyway do not count)."""
    return {str(path) for path in folder.rglob("*") if path.is_symlink() or path.is_file()}
