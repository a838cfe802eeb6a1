"""Who this host is, kept between runs: the server finds its jobs again by it."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from ..wire.files import private_folder, write_private
from ..wire.trouble import of_os

_WHOLE = re.compile(r"[0-9a-f]{32}")


def client_id(home: Path, application: str) -> str:
    """The name of this installation of ``application`` ("krita", "gimp", "cli"), made on first use, and made anew
    where what is there is no name. Raises ``OverpaintError`` where it cannot be kept."""
    path = home / "clients" / re.sub(r"[^a-z0-9]+", "-", application.lower())
    try:
        return _kept(path) or _made(path)
    except OSError as error:
        raise of_os(error, home) from error


def _kept(path: Path) -> str:
    try:
        found = path.read_bytes().decode("ascii", "replace").strip()
    except FileNotFoundError:
        return ""
    return found if _WHOLE.fullmatch(found) else ""


def _made(path: Path) -> str:
    """Of several hosts that make it at once all take the first one's."""
    private_folder(path.parent)
    write_private(path, uuid.uuid4().hex, replace=path.exists())
    return _kept(path)
