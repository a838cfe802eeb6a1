"""Whether unpacked packages are all there: each wheel carries the list of its files, with their sizes."""

from __future__ import annotations

import csv
from pathlib import Path


def damaged(site: Path) -> list[str]:
    """The packages in ``site`` of which a file is missing or of another size than it came with, by name."""
    return sorted(info.name.split("-")[0] for info in site.glob("*.dist-info") if not _whole(site, info))


def holds(site: Path, package: str, version: str) -> bool:
    """Whether just this version is there, every file of it."""
    found = list(site.glob(f"{package}-*.dist-info"))
    return [info.name for info in found] == [f"{package}-{version}.dist-info"] and _whole(site, found[0])


def _whole(site: Path, info: Path) -> bool:
    try:
        rows = list(csv.reader((info / "RECORD").read_text("utf-8").splitlines()))
        # What has no size is written by the installer (scripts, compiled files) and made again at need.
        return bool(rows) and all((site / row[0]).stat().st_size == int(row[2]) for row in rows if row[2])
    except (OSError, ValueError, IndexError, csv.Error):
        return False
