"""The installed copy of the server, so that Overpaint works after the checkout is gone."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from pathlib import Path

from server.wire.files import write_private

from .environment import Environment
from .placing import RUBBISH, folder_at, put_text
from .plugins import CHECKOUT

CARRIED = ("server", "plugin_krita", "plugin_gimp", "tools", "install.py", "README.md", "LICENSE", "NOTICE", "docs")
"""All that running, mending and uninstalling need."""

START = Path("server/start.py")
SAFELY = ("-I", "-X", "utf8")
"""Python imports nothing from the current folder or from what the environment names, and speaks UTF-8."""


def copy_application(home: Path) -> Path:
    """Copy the checkout's code to ``home/app``; returns that folder."""
    target = home / "app"
    if target.resolve() == CHECKOUT.resolve():
        return target
    with folder_at(target) as fresh:
        for name in CARRIED:
            source = CHECKOUT / name
            if source.is_dir():
                shutil.copytree(source, fresh / name, ignore=RUBBISH)
            elif source.exists():
                shutil.copy2(source, fresh / name)
    return target


TORCH_DEVICES = {"rocm": "cuda"}
"""torch reaches AMD's cards under CUDA's name."""


def write_launch(home: Path, environment: Environment, code: Path, device: str) -> None:
    """Write ``launch.json``: how a plugin starts the server. ``device``: as install.py's ``--device`` takes it."""
    serve = [str(code / START), "serve", "--device", TORCH_DEVICES.get(device, device)]
    launch = {
        "command": [str(environment.python), *SAFELY, *serve],
        "environment": {"OVERPAINT_HOME": str(home)},
    }
    write_private(home / "launch.json", json.dumps(launch, indent=2) + "\n")


def commands(home: Path) -> list[Path]:
    """What ``write_command`` will write: the command, and on Linux and macOS a link to it where that name is free."""
    if sys.platform == "win32":
        return [home / "bin" / "overpaint.cmd"]
    script = home / "bin" / "overpaint"
    link = user_link()
    return [script, link] if link is not None and _free(link, script) else [script]


def user_link() -> Path | None:
    """Where a shell looks for a user's commands; None for an account without a home."""
    try:
        return Path.home() / ".local/bin/overpaint"
    except RuntimeError:
        return None


def links_to(link: Path, script: Path) -> bool:
    return link.is_symlink() and link.readlink() == script


def _free(link: Path, script: Path) -> bool:
    return links_to(link, script) or not link.exists()  # a link that leads nowhere serves nobody


def write_command(home: Path, environment: Environment, code: Path) -> list[Path]:
    """Write the ``overpaint`` command; returns what was written, as ``commands`` foretold."""
    written = commands(home)
    if sys.platform == "win32":
        put_text(written[0], _batch_file(written[0].parent, home, environment.python, code / START))
        return written
    words = [str(environment.python), *SAFELY, str(code / START)]
    line = f'OVERPAINT_HOME={shlex.quote(str(home))} exec {shlex.join(words)} "$@"'
    put_text(written[0], os.fsencode(f"#!/bin/sh\n{line}\n"), 0o755)
    for link in written[1:]:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(written[0])
    return written


def _batch_file(folder: Path, home: Path, python: Path, start: Path) -> bytes:
    """By its own place wherever that is possible: cmd.exe reads names in the code page of the day."""
    home_seen, python_seen, start_seen = (_from_script(path, folder, home) for path in (home, python, start))
    relative = all(seen.startswith("%~dp0") for seen in (home_seen, python_seen, start_seen))
    lines = [
        "@setlocal",
        *([] if relative else ["@chcp 65001 >nul"]),
        f'@set "OVERPAINT_HOME={home_seen}"',
        f'@"{python_seen}" {" ".join(SAFELY)} "{start_seen}" %*',
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _from_script(path: Path, folder: Path, home: Path) -> str:
    if path == home or home in path.parents:
        return "%~dp0" + str(Path(os.path.relpath(path, folder))).replace("/", "\\")
    return str(path).replace("%", "%%")
