"""The command line's line to the server."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from server.client.blocking import Client
from server.client.launch import LaunchFile
from server.wire import codec, places
from server.wire.files import private_folder, write_private

_APPLICATION = "cli"


def connect() -> Client:
    """A client, as a context manager. Where install.py has not said how the server is started, it is started as this
    command was: by this Python, with this code."""
    if not places.launch_file().exists():
        house = str(Path(__file__).resolve().parents[2])
        paths = os.pathsep.join([house, *filter(None, [os.environ.get("PYTHONPATH")])])
        launch = LaunchFile((sys.executable, "-m", "server.cli", "serve"), {"PYTHONPATH": paths})
        private_folder(places.home())
        write_private(places.launch_file(), codec.to_text(launch), replace=False)
    return Client(_APPLICATION)
