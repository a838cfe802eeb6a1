"""What install.py is about to write, noted before it writes it, so that uninstall finds it however that ended."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from server.wire.files import private_folder, write_private

NAME = "installed.json"


@dataclass
class Record:
    """Absolute paths: ``files`` (files, links and folders) outside the home, ``kritarcs`` that we edited."""

    files: list[str] = field(default_factory=list)
    kritarcs: list[str] = field(default_factory=list)

    def add(self, files: list[Path], kritarcs: list[Path] | None = None) -> None:
        self.files = list(dict.fromkeys(self.files + [str(path) for path in files]))
        self.kritarcs = list(dict.fromkeys(self.kritarcs + [str(path) for path in kritarcs or []]))

    def save(self, home: Path) -> None:
        """Written whole or not at all. Raises OSError."""
        private_folder(home)
        write_private(home / NAME, json.dumps(asdict(self), indent=2) + "\n")


def load(home: Path) -> Record:
    """An empty record where none can be read: what was written is then found by its marks (``traces``)."""
    try:
        fields = json.loads((home / NAME).read_bytes())
        return Record(_paths(fields["files"]), _paths(fields["kritarcs"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Record()


def _paths(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str) and Path(one).is_absolute()] if isinstance(value, list) else []
