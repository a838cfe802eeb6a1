"""What is installed is settled before: every package by version and hash, for every platform."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.install import locks

ROOT = Path(__file__).parents[2]
REQUIREMENTS = {"requirements.txt": (locks.SERVER, locks.TORCH), "requirements-test.txt": (locks.TEST, locks.SERVER)}


def pins(name: str) -> list[tuple[str, str]]:
    text = (ROOT / "tools/install" / name).read_text("utf-8")
    return [(match[1], match[2]) for match in re.finditer(r"^([\w.-]+)==([\w.+]+)", text, re.MULTILINE)]


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_locked_at_its_version(name: str) -> None:
    known = {package: lock for lock in REQUIREMENTS[name] for package in locks.entries(lock)}
    late = [pin for pin in pins(name) if pin[0] not in known or locks.version(pin[0], known[pin[0]]) != pin[1]]
    assert not late, "run: python3 install.py run python -m tools.lock"


@pytest.mark.parametrize("lock", [locks.SERVER, locks.TORCH, locks.TEST, locks.UV], ids=lambda lock: lock.name)
def test_every_package_has_hashes_and_no_address(lock: Path) -> None:
    for name, entry in locks.entries(lock).items():
        assert "--hash=sha256:" in entry, name
    assert "://" not in lock.read_text("utf-8")


def test_torch_is_locked_as_the_registry_has_it_with_what_it_brings() -> None:
    names = locks.entries(locks.TORCH)
    assert locks.torch_pin() == "torch==2.13.0"
    assert any(name.startswith("nvidia-") for name in names)
    assert not any(name.startswith(("nvidia-", "torch")) for name in locks.entries(locks.SERVER))
