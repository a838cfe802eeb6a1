"""A small file is whole under its name, and on the disk before it gets that name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from server.wire.files import write_private


def test_the_bytes_are_on_the_disk_before_the_name_leads_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, seen = tmp_path / "f", []
    write_private(path, "old")
    real = os.fsync

    def watched(handle: int) -> None:
        real(handle)
        seen.append((os.fstat(handle).st_ino, path.read_text()))

    monkeypatch.setattr(os, "fsync", watched)
    write_private(path, "new")
    assert seen[0] == (path.stat().st_ino, "old")
    assert path.read_text() == "new"


def test_who_reads_meanwhile_has_the_old_text_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_private(path, "old")
    with path.open() as reader:
        write_private(path, "new")
        assert reader.read() == "old"
