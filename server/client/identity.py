"""Who this host is, kept between runs: the server finds its jobs again by it."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from ..wire.files import private_folder, write_private


def client_id(home: Path, application: str) -> str:
    """The name of this installation of ``application`` ("krita", "gimp", "cli"), made on first use."""
    path = home / "clients" / re.sub(r"[^a-z0-9]+", "-", application.lower())
    if not path.exists():
        private_folder(path.parent)
        write_private(path, uuid.uuid4().hex, replace=False)
    return path.read_text(encoding="utf-8").strip()
