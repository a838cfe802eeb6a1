"""GIMP asks a plug-in for its menu before its own pyzmq is on the path."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def test_what_the_menu_needs_is_imported_without_pyzmq() -> None:
    code = "import sys; sys.modules['zmq'] = None; import settings, words"
    paths = f"{CHECKOUT}:{CHECKOUT / 'plugin_gimp' / 'overpaint'}"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": paths}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
