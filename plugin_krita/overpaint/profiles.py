"""The bytes behind a colour profile's name: libkis gives only the name. No Qt, no libkis."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

LARGEST_PROFILE = 4 << 20
"""Bigger files (printer tables) are not looked into; Krita itself is asked for those."""


def description(profile: bytes) -> str:
    """The name a profile gives itself (ICC.1:2022 section 9.2.41), which libkis returns; empty if it has none."""
    if len(profile) < 132 or profile[36:40] != b"acsp":
        return ""
    (count,) = struct.unpack_from(">I", profile, 128)
    for entry in range(132, min(132 + 12 * count, len(profile) - 11), 12):
        name, offset, size = struct.unpack_from(">4sII", profile, entry)
        if name == b"desc":
            return _text(profile[offset : offset + size])
    return ""


def _text(tag: bytes) -> str:
    """textDescriptionType (version 2) or multiLocalizedUnicodeType (version 4), the English text of the latter."""
    if tag[:4] == b"desc" and len(tag) >= 12:
        (length,) = struct.unpack_from(">I", tag, 8)
        return tag[12 : 12 + length].split(b"\0")[0].decode("latin-1")
    if tag[:4] == b"mluc" and len(tag) >= 28:
        texts = dict(_records(tag))
        return texts.get("en") or next(iter(texts.values()), "")
    return ""


def _records(tag: bytes) -> Iterator[tuple[str, str]]:
    count, size = struct.unpack_from(">II", tag, 8)
    for at in range(16, min(16 + count * size, len(tag) - 11), max(size, 12)):
        language, _country, length, offset = struct.unpack_from(">2s2sII", tag, at)
        yield language.decode("latin-1"), tag[offset : offset + length].decode("utf-16-be", "replace").rstrip("\0")


def find(name: str, folders: Iterable[Path]) -> bytes | None:
    """The first profile file in ``folders`` that calls itself ``name``."""
    for folder in folders:
        for path in sorted(folder.rglob("*.ic[cm]")) + sorted(folder.rglob("*.IC[CM]")):
            profile = _read(path)
            if profile and description(profile) == name:
                return profile
    return None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.stat().st_size <= LARGEST_PROFILE else b""
    except OSError:
        return b""


def from_kra(path: Path) -> bytes | None:
    """The profile of a document that Krita saved: exact for any profile, also one that came inside a picture."""
    try:
        with zipfile.ZipFile(path) as document:
            for entry in document.namelist():
                if entry.endswith("annotations/icc"):
                    return document.read(entry)
    except (OSError, zipfile.BadZipFile):
        return None
    return None
