"""A host that lives in a sandbox: it has the user's files but a system of its own, in which our server cannot run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .translation import tr

_PATIENCE_S = 10.0


def kind() -> str:
    """``Flatpak``, ``Snap``, or nothing."""
    if os.environ.get("FLATPAK_ID") or Path("/.flatpak-info").exists():
        return "Flatpak"
    return "Snap" if os.environ.get("SNAP_INSTANCE_NAME") or os.environ.get("SNAP") else ""


def outside(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> list[str] | None:
    """``command`` so that it runs outside of the Flatpak, in ``folder``; None where this Flatpak may not do that, and
    outside of one. The system's own variables hold there, and ``environment`` beside them."""
    spawn = shutil.which("flatpak-spawn")
    if kind() != "Flatpak" or spawn is None or not _allowed(spawn):
        return None
    variables = [f"--env={name}={value}" for name, value in environment.items()]
    return [spawn, "--host", f"--directory={folder}", *variables, *command]


def _allowed(spawn: str) -> bool:
    try:
        done = subprocess.run([spawn, "--host", "true"], capture_output=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def what_helps() -> str:
    """For a server that did not start; empty outside of a sandbox."""
    if kind() == "Flatpak":
        name = os.environ.get("FLATPAK_ID", "the editor's name")
        return tr(
            "This editor is a Flatpak, which may not start programs of the system. Allow it in a terminal with: "
            "flatpak override --user --talk-name=org.freedesktop.Flatpak {name} (then restart the editor), or start "
            "the server there yourself: overpaint serve",
            name=name,
        )
    if kind() == "Snap":
        return tr(
            "This editor is a Snap, which may not start programs of the system. Start the server yourself in a "
            "terminal: overpaint serve"
        )
    return ""
