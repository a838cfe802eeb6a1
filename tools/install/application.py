"""The installed copy of the server, so that Overpaint works after the checkout is gone."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from .environment import Environment
from .plugins import CHECKOUT

CARRIED = ("server", "plugin_krita", "plugin_gimp", "tools", "install.py", "README.md", "LICENSE", "NOTICE", "docs")
"""All that running, mending and uninstalling need."""


def copy_application(home: Path) -> Path:
    """Copy the checkout's code to ``home/app``; returns that folder."""
    target = home / "app"
    if target.resolve() == CHECKOUT.resolve():
        return target
    fresh = home / "app.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    rubbish = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in CARRIED:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, fresh / name, ignore=rubbish)
        elif source.exists():
            shutil.copy2(source, fresh / name)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return target


TORCH_DEVICES = {"rocm": "cuda"}
"""torch reaches AMD's cards under CUDA's name."""


def write_launch(home: Path, environment: Environment, code: Path, device: str) -> None:
    """Write ``launch.json``: how a plugin starts the server. ``device``: as install.py's ``--device`` takes it."""
    serve = ["-m", "server.cli", "serve", "--device", TORCH_DEVICES.get(device, device)]
    launch = {
        "command": [str(environment.python), *serve],
        "environment": {"PYTHONPATH": str(code), "OVERPAINT_HOME": str(home)},
    }
    path = home / "launch.json"
    path.write_text(json.dumps(launch, indent=2) + "\n", encoding="utf-8")


def write_command(home: Path, environment: Environment, code: Path) -> list[Path]:
    """Write the ``overpaint`` command; on Linux and macOS also link it into ``~/.local/bin`` if that name is free."""
    folder = home / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        script = folder / "overpaint.cmd"
        script.write_text(
            f'@set "PYTHONPATH={code}"\r\n@set "OVERPAINT_HOME={home}"\r\n@"{environment.python}" -m server.cli %*\r\n'
        )
        return [script]
    script = folder / "overpaint"
    script.write_text(
        f"#!/bin/sh\nPYTHONPATH='{code}' OVERPAINT_HOME='{home}' exec '{environment.python}' -m server.cli \"$@\"\n"
    )
    script.chmod(0o755)
    link = Path.home() / ".local/bin/overpaint"
    if link.is_symlink() and link.readlink() == script:
        return [script, link]
    if link.exists() or link.is_symlink():
        return [script]
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(script)
    return [script, link]
