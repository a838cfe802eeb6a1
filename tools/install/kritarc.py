"""The one line of kritarc that switches our plugin on; everything else in the file stays as it is, byte for byte.

The file is the user's: of any encoding and line ending, perhaps a link into a folder of settings. It is replaced whole
or not at all.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

SECTION = b"[python]"
KEY = b"enable_overpaint"
_ON = (b"true", b"on", b"yes", b"1")
_MARK = b"# made by Overpaint"
"""Above a section that was not there before, so that it goes again with our line."""
_ONLY_OURS = SECTION + b"\n" + KEY + b"=true\n"


def enable(config: Path) -> None:
    """Set ``enable_overpaint=true`` under ``[python]``, and once only. Raises OSError; then nothing changed."""
    before = _read(config)
    lines = _without_ours(_lines(before))
    end = b"\r\n" if b"\r\n" in before else b"\n"
    place = next((number for number, line in enumerate(lines, 1) if line.strip() == SECTION), len(lines))
    if lines and place == len(lines) and not lines[-1].endswith(b"\n"):
        lines[-1] += end
    if not place or lines[place - 1].strip() != SECTION:
        made = [end, _MARK + end, SECTION + end] if lines else [SECTION + end]
        lines, place = lines + made, place + len(made)
    lines.insert(place, KEY + b"=true" + end)
    _write(config, b"".join(lines))


def disable(config: Path) -> None:
    """Take our line out again, and the section where it was made for it. Raises OSError; then nothing changed."""
    before = _read(config)
    if before == _ONLY_OURS:
        config.resolve().unlink()
    else:
        after = b"".join(_without_section(_without_ours(_lines(before))))
        if after != before:
            _write(config, after)
    _beside(config.resolve()).unlink(missing_ok=True)


def enabled(config: Path) -> bool:
    """Whether Krita will load the plugin."""
    lines = _lines(_read(config))
    values = [lines[number].split(b"=", 1)[1].strip().lower() for number in _ours(lines)]
    return bool(values) and values[-1] in _ON


def _read(config: Path) -> bytes:
    return config.read_bytes() if config.exists() else b""


def _lines(text: bytes) -> list[bytes]:
    """With their ends. Only a line feed ends one: every other character may be part of a value."""
    return re.findall(rb"[^\n]*\n|[^\n]+", text)


def _ours(lines: list[bytes]) -> set[int]:
    """Where our key stands under ``[python]``."""
    found, section = set(), b""
    for number, line in enumerate(lines):
        if line.startswith(b"["):
            section = line.strip()
        elif section == SECTION and b"=" in line and line.split(b"=", 1)[0].strip() == KEY:
            found.add(number)
    return found


def _without_ours(lines: list[bytes]) -> list[bytes]:
    ours = _ours(lines)
    return [line for number, line in enumerate(lines) if number not in ours]


def _without_section(lines: list[bytes]) -> list[bytes]:
    """Without the section that was made for our line, where nothing else has come into it; else without the mark."""
    for number, line in enumerate(lines[:-1]):
        if line.strip() == _MARK and lines[number + 1].strip() == SECTION:
            after = lines[number + 2 :]
            if after and after[0].strip() and not after[0].startswith(b"["):
                return lines[:number] + lines[number + 1 :]
            blank = number > 0 and not lines[number - 1].strip()
            return lines[: number - blank] + after
    return lines


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.overpaint")


def _write(config: Path, text: bytes) -> None:
    """Beside the real file, then in its place, with its mode and owner: Krita sees the old one or the new one."""
    target = config.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = _beside(target)
    try:
        with fresh.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            _take_after(fresh, target)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _take_after(fresh: Path, target: Path) -> None:
    shutil.copymode(target, fresh)
    there, here = target.stat(), fresh.stat()
    if (there.st_uid, there.st_gid) != (here.st_uid, here.st_gid):
        os.chown(fresh, there.st_uid, there.st_gid)
