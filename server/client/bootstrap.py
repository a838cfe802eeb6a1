"""First thing a plugin calls: where Overpaint's home is, and a pyzmq for a host that has none. Stdlib only."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path


def prepare(plugin: Path) -> None:
    """Make ``zmq`` importable and ``OVERPAINT_HOME`` right for the plugin that lies in the folder ``plugin``.

    The host's own pyzmq is taken where there is one: two copies in one process would each bring their libzmq.
    """
    home = _home_noted(plugin / "installed.json")
    if home:
        os.environ.setdefault("OVERPAINT_HOME", home)
    if importlib.util.find_spec("zmq") is None:
        vendored = plugin / "vendor" / pyzmq_folder(sys.version_info[:2])
        if vendored.is_dir():
            sys.path.append(str(vendored))


def _home_noted(note: Path) -> str:
    """Empty where it cannot be read: the usual place is right for most."""
    try:
        home = json.loads(note.read_bytes())["home"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return home if isinstance(home, str) else ""


def pyzmq_folder(version: tuple[int, int]) -> str:
    """The name of the vendored build for this CPython: its own up to 3.11, the stable-ABI one after that."""
    return f"cp{version[0]}{version[1]}" if version < (3, 12) else "cp312"
