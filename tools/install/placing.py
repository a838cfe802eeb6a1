"""Putting files and folders in place so that what is there is whole: made beside, then renamed.

What a kill leaves behind lies under a name of ours beside the place, and ``remove`` takes that away too.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RUBBISH = shutil.ignore_patterns("__pycache__", "*.pyc")


def beside(place: Path) -> Path:
    """Where what will be at ``place`` is made."""
    return place.with_name(f".{place.name}.overpaint")


def _aside(place: Path) -> Path:
    """Where what was at ``place`` lies for an instant."""
    return place.with_name(f".{place.name}.overpaint-old")


@contextmanager
def folder_at(place: Path) -> Iterator[Path]:
    """An empty folder to fill; afterwards it is at ``place``, instead of whatever was there."""
    fresh = beside(place)
    remove_one(fresh)
    fresh.mkdir(parents=True)
    yield fresh
    remove_one(_aside(place))
    if place.exists():
        place.rename(_aside(place))
    fresh.rename(place)
    remove_one(_aside(place))


def put_text(place: Path, text: bytes, mode: int = 0o644) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = beside(place)
    fresh.write_bytes(text)
    fresh.chmod(mode)
    fresh.replace(place)


def remove(place: Path) -> None:
    """The file, link or folder, and what a killed install left beside it."""
    for one in (place, beside(place), _aside(place)):
        remove_one(one)


def remove_one(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
