"""What was installed, written down so that uninstall removes exactly that."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

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
        home.mkdir(parents=True, exist_ok=True)
        (home / NAME).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def load(home: Path) -> Record:
    path = home / NAME
    return Record(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else Record()
