"""The command line's line to the server."""

from __future__ import annotations

import sys
from pathlib import Path

from server.client.blocking import Client
from server.client.launch import LaunchFile
from server.wire import codec
from server.wire.files import private_folder, write_private
from server.wire.paths import Home
from server.wire.surroundings import for_own_code

_APPLICATION = "cli"


def connect(home: Home) -> Client:
    """A client, as a context manager. Where install.py has not said how the server is started, it is started as this
    command was: by this Python, with this code. Raises ``OverpaintError``."""
    if not home.launch.exists():
        private_folder(home.path)
        write_private(home.launch, codec.to_text(_as_this_was()), replace=False)
    return Client(_APPLICATION, home)


def _as_this_was() -> LaunchFile:
    house = Path(__file__).resolve().parents[2]
    variables = for_own_code(house)
    kept = {name: value for name, value in variables.items() if name.startswith("PYTHON")}
    return LaunchFile((sys.executable, "-m", "server.cli", "serve"), kept)
