"""Everything that must hold before a change is kept: style, types, import rules, then the tests.

python3 install.py test [--quick] [pytest arguments]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.install.plugins import CHECKOUT, assemble

PLUGINS = ("plugin_krita", "plugin_gimp")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave out what needs torch or a real host")
    options, rest = parser.parse_known_args()
    steps = [
        ("style", ["ruff", "check", "."]),
        ("format", ["ruff", "format", "--check", "."]),
        ("types", ["mypy"]),
        ("import rules", ["importlinter.cli"]),
    ]
    failed = [name for name, command in steps if not passes(name, command)]
    failed += [f"types of {plugin}" for plugin in PLUGINS if not plugin_types_hold(plugin)]
    if failed:
        print(f"\nNot right yet: {', '.join(failed)}", file=sys.stderr)
        return 1
    chosen = ["-m", "not torch and not hosts"] if options.quick else []
    return subprocess.run([sys.executable, "-m", "pytest", *chosen, *rest], check=False).returncode


def passes(name: str, command: list[str]) -> bool:
    print(f"== {name}", flush=True)
    if command[0] == "importlinter.cli":
        code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
        return subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    return subprocess.run([sys.executable, "-m", *command], check=False).returncode == 0


def plugin_types_hold(plugin: str) -> bool:
    """Check the plugin as it is shipped: with the rooms it carries beside it."""
    print(f"== types of {plugin}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "overpaint"
        assemble(CHECKOUT / plugin / "overpaint", target, None, Path(folder))
        # Krita imports the folder as a package; GIMP runs the file inside it.
        where, what = (folder, ["-p", "overpaint"]) if plugin == "plugin_krita" else (str(target), ["overpaint.py"])
        # libkis, Qt and GIMP come without types: what they return is Any, and so are the classes we derive from.
        untyped = ["--allow-subclassing-any", "--no-warn-return-any"]
        command = [sys.executable, "-m", "mypy", "--config-file", str(CHECKOUT / "pyproject.toml"), *untyped, *what]
        environment = {**os.environ, "MYPYPATH": where, "PYTHONPATH": ""}
        return subprocess.run(command, cwd=where, env=environment, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
