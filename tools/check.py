"""Everything that must hold before a change is kept: style, types, import rules and the tests.

python3 install.py test [--quick] [pytest arguments]

The tests run side by side (``-n 0``: in one process), one more than there are cores, because each waits much for other
programs; types and import rules are looked at meanwhile, and what is wrong with them is said at the end.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tools.install.plugins import CHECKOUT, assemble

PLUGINS = ("plugin_krita", "plugin_gimp")
_IMPORT_RULES = "from importlinter.cli import lint_imports_command; lint_imports_command()"


@dataclass(frozen=True)
class Found:
    """What a check came to. said: its output, for a person."""

    name: str
    good: bool
    said: str


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave out what needs torch or a real host")
    options, rest = parser.parse_known_args()
    if bad := [
        found for found in (looked("style", "ruff", "check", "."), looked("format", *_FORMAT)) if not found.good
    ]:
        return told(bad)
    with ThreadPoolExecutor(1) as beside:
        checks = [beside.submit(check) for check in slow_checks()]
        passed = tests(options.quick, rest)
        return told([check.result() for check in checks]) or passed


_FORMAT = ("ruff", "format", "--check", ".")


def slow_checks() -> Iterator[Callable[[], Found]]:
    yield partial(looked, "import rules", "-c", _IMPORT_RULES)
    yield partial(looked, "types", "mypy")
    for plugin in PLUGINS:
        yield partial(types_of, plugin)


def tests(quick: bool, arguments: list[str]) -> int:
    """pytest's exit status."""
    chosen = ["-m", "not torch and not hosts"] if quick else []
    if not any(one.startswith("-n") or one == "--pdb" for one in arguments):
        chosen += ["-n", str((os.cpu_count() or 1) + 1), "--dist", "loadscope"]
    environment = {"OMP_NUM_THREADS": "1", **os.environ}  # processes side by side, not threads
    command = [sys.executable, "-m", "pytest", *chosen, *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


def told(checks: list[Found]) -> int:
    """Prints what is wrong; returns the exit status."""
    for check in checks:
        print(f"== {check.name}: {'right' if check.good else check.said}", flush=True)
    if wrong := [check.name for check in checks if not check.good]:
        print(f"\nNot right yet: {', '.join(wrong)}", file=sys.stderr)
    return 1 if wrong else 0


def looked(name: str, *command: str, cwd: str | None = None, **environment: str) -> Found:
    """command: a module, or ``-c`` and code."""
    full = [sys.executable, *([] if command[0] == "-c" else ["-m"]), *command]
    done = subprocess.run(
        full, cwd=cwd, env={**os.environ, **environment}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return Found(name, done.returncode == 0, done.stdout.strip())


def types_of(plugin: str) -> Found:
    """Of the plugin as it is shipped: with the rooms it carries beside it."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "overpaint"
        assemble(CHECKOUT / plugin / "overpaint", target, None, Path(folder))
        # Krita imports the folder as a package; GIMP runs the file inside it.
        where, what = (folder, ["-p", "overpaint"]) if plugin == "plugin_krita" else (str(target), ["overpaint.py"])
        # libkis, Qt and GIMP come without types: what they return is Any, and so are the classes we derive from.
        untyped = ["--allow-subclassing-any", "--no-warn-return-any"]
        command = ["mypy", "--config-file", str(CHECKOUT / "pyproject.toml"), *untyped, *what]
        return looked(f"types of {plugin}", *command, cwd=where, MYPYPATH=where, PYTHONPATH="")


if __name__ == "__main__":
    sys.exit(main())
