"""Writes the locks that install.py installs from: every package with its version and the hashes of all its files.

    python3 install.py run python -m tools.lock [--upgrade]

Run it after a change of ``requirements*.txt``. Versions that are locked already stay as they are, unless ``--upgrade``
is given. Folders of wheels and other indexes of this machine are left out: the lock is of the registry's files.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tools.install import locks

PYTHON = "3.11"
"""The oldest that the packages run on."""

INSTALL = Path(__file__).parent / "install"
SERVER, TEST = INSTALL / "requirements.txt", INSTALL / "requirements-test.txt"
UV = INSTALL / "requirements-uv.txt"
_BUILDS = ("torch", "triton", "nvidia-", "cuda-")
"""What another build of torch brings in another way."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    upgrade = parser.parse_args().upgrade
    everything = resolved([SERVER, TEST], upgrade)
    needed = resolved([SERVER], upgrade, everything)
    torch = {name for name in needed if name.startswith(_BUILDS)}
    write(locks.SERVER, everything, needed.keys() - torch)
    write(locks.TORCH, everything, torch)
    write(locks.TEST, everything, everything.keys() - needed.keys())
    uv = resolved([UV], upgrade)
    write(locks.UV, uv, uv)
    return 0


def resolved(wanted: Iterable[Path], upgrade: bool, bound: dict[str, str] | None = None) -> dict[str, str]:
    """Each package's entry by name. bound: what has been resolved already, and is to stay so."""
    known = "".join((bound or _known(upgrade)).values())
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "lock.txt"
        output.write_text(known, "utf-8")  # uv prefers the versions that it finds in its output
        command = ["uv", "pip", "compile", "--universal", "--generate-hashes", "--no-header", "--no-annotate"]
        command += ["--quiet", "--no-config", "--python-version", PYTHON, "-o", str(output)]
        unset = ("UV_FIND_LINKS", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_CONSTRAINT")
        variables = {name: value for name, value in os.environ.items() if name not in unset}
        subprocess.run([*command, *map(str, wanted)], check=True, env={**variables, "UV_PYTHON_DOWNLOADS": "never"})
        return locks.entries(output)


def _known(upgrade: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    for lock in (locks.SERVER, locks.TORCH, locks.TEST, locks.UV):
        if lock.exists() and not upgrade:
            found |= locks.entries(lock)
    return found


def write(lock: Path, entries: dict[str, str], names: Iterable[str]) -> None:
    chosen = "".join(entries[name] for name in sorted(names))
    lock.write_text(f"# Made by tools.lock; install.py installs these files and no others.\n{chosen}", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
