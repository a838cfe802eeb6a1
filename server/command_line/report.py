"""``overpaint doctor --report``: what a bug report needs, in one text file that shows no picture and names nobody."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

import psutil

from server.command_line.discretion import Discretion
from server.command_line.doctor import Finding
from server.wire.errors import Code, OverpaintError
from server.wire.files import write_private
from server.wire.messages import PROTOCOL_MAJOR, PROTOCOL_MINOR
from server.wire.paths import Home

_LOG_LINES = 400
_LOGS = ("server.log.1", "server.log", "server-output.log")


def write(home: Home, findings: Iterable[Finding], folder: Path) -> Path:
    """The report, as a new file in ``folder``. Raises ``OverpaintError`` where that cannot be written."""
    text = "\n".join(_text(list(findings), home.path))
    path = folder / f"overpaint-report-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    try:
        write_private(path, Discretion(home.path).said(text) + "\n")
    except OSError as error:
        raise OverpaintError(
            Code.DISK_FULL if error.errno == 28 else Code.BAD_REQUEST,
            f"The report cannot be written into {folder} ({error.strerror}).",
            "Change to a folder of your own and run it again.",
        ) from error
    return path


def _text(findings: list[Finding], home: Path) -> Iterator[str]:
    yield "Overpaint's report. It holds no picture, no prompt, no key and no name; read it before you send it."
    yield from _section("System", _system(home))
    yield from _section("Findings", (f"{'ok  ' if one.good else 'MEND'}  {one.what}" for one in findings))
    yield from _section("Jobs", _jobs(home / "spool"))
    yield from _section("Packages", sorted({f"{one.name} {one.version}" for one in metadata.distributions()}))
    for name in _LOGS:
        yield from _section(name, _tail(home / "logs" / name))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"\n== {title}"
    yield from lines


def _system(home: Path) -> Iterator[str]:
    memory = psutil.virtual_memory()
    place = next((folder for folder in (home, *home.parents) if folder.exists()), Path("/"))
    disk = shutil.disk_usage(place)
    yield f"protocol {PROTOCOL_MAJOR}.{PROTOCOL_MINOR}, Python {platform.python_version()}, {platform.platform()}"
    yield f"{os.cpu_count()} processors, memory {memory.total / 1e9:.1f} GB ({memory.available / 1e9:.1f} GB available)"
    yield f"disk {disk.total / 1e9:.0f} GB ({disk.free / 1e9:.1f} GB free), file names in {sys.getfilesystemencoding()}"
    chosen = sorted(name for name in os.environ if name.startswith(("OVERPAINT", "CUDA", "HIP", "PYTORCH", "HF_")))
    yield f"set in the environment: {', '.join(chosen) or 'nothing of note'}"


def _jobs(spool: Path) -> Iterator[str]:
    """How many there are and how large, never what was asked for."""
    folders = list(spool.glob("*"))
    finished = sum((folder / "result.json").exists() for folder in folders)
    nbytes = sum(_size(path) for folder in folders for path in folder.glob("*"))
    yield f"{len(folders)} kept, {finished} of them with an answer, {nbytes / 1e6:.1f} MB"
    broken = [path.name for path in spool.parent.glob("journal-broken*")]
    yield f"tables set aside: {', '.join(sorted(broken)) or 'none'}"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # its job was forgotten just now
        return 0


def _tail(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()[-_LOG_LINES:]
    except FileNotFoundError:
        return ["(there is none)"]
    except OSError as error:
        return [f"(it cannot be read: {error.strerror})"]
