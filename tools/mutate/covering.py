"""Which tests cover a file: first its own, then the quick ones of its room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_OF_ROOM = {
    "server/wire": ("tests/wire", "tests/client", "tests/gateway"),
    "server/listening": ("tests/wire", "tests/client", "tests/gateway"),
    "server/gateway": ("tests/gateway", "tests/workers", "tests/client"),
    "server/journal": ("tests/gateway", "tests/faults"),
    "server/workers": ("tests/workers", "tests/gateway"),
    "server/pixels": ("tests/pixels", "tests/workers", "tests/methods"),
}
ROOMS = tuple(_OF_ROOM)


def covering(root: Path, path: Path) -> Iterator[list[str]]:
    """Runs of tests, as arguments for pytest, the quickest first."""
    folders = _OF_ROOM[path.parent.as_posix()]
    near = [file for folder in folders for file in sorted((root / folder).glob(f"test_{path.stem}*.py"))]
    naming = [
        file
        for folder in folders
        for file in sorted((root / folder).glob("test_*.py"))
        if file not in near and f"{path.parent.name}.{path.stem}" in file.read_text("utf-8")
    ]
    first = [file.relative_to(root).as_posix() for file in (*near, *naming)]
    if first:
        yield ["-m", "not hosts", *first]
    yield ["-m", "not torch and not hosts", *folders]
