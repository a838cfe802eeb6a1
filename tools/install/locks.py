"""The locked packages: each with its version and the hashes of its files on every platform (made by ``tools.lock``)."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent / "lock"
SERVER = HERE / "server.txt"
"""Everything the server needs but torch."""
TORCH = HERE / "torch.txt"
"""torch as the package registry has it, with what it brings."""
TEST = HERE / "test.txt"
"""What the tests need beside that."""
UV = HERE / "uv.txt"
"""The program that sets all of it up."""


def entries(lock: Path) -> dict[str, str]:
    """Each package's entry, hashes and all, by name. One with several versions, for several Pythons, has them all."""
    found: dict[str, str] = {}
    for entry in re.split(r"^(?=[\w])", lock.read_text("utf-8"), flags=re.MULTILINE):
        if match := re.match(r"[\w.-]+", entry):
            found[match[0]] = found.get(match[0], "") + entry
    return found


def entry(package: str, lock: Path = SERVER) -> str:
    return entries(lock)[package]


def version(package: str, lock: Path = SERVER) -> str:
    match = re.match(r"[\w.-]+==([\w.+]+)", entry(package, lock))
    assert match, f"{package} is not pinned in {lock}"
    return match[1]


def torch_pin() -> str:
    """Exact: a range would bring another build with it."""
    return f"torch=={version('torch', TORCH)}"
