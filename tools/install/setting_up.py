"""Makes the environment whole: left alone where it is, brought up to date where it is older, else made anew."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from server.wire.surroundings import cleaned
from server.wire.trouble import says_full

from . import locks, packages
from .environment import Environment, fingerprint, stamp, stamped, unstamp
from .placing import remove_one
from .say import InstallError, disk_full, say
from .torch_build import Asked
from .wholeness import damaged


def prepare(root: Path, *, tests: bool, torch: Asked | None = None) -> Environment:
    """Make the environment at ``root``, or bring it up to date; nothing happens when it already is.

    torch: which build of it; None: any that is there, else the one for the card that is here.
    Raises InstallError when Python cannot make environments here or the packages cannot be installed.
    """
    environment = Environment(root)
    wanted = [locks.SERVER, locks.TORCH, *([locks.TEST] if tests else [])]
    there = stamped(environment)
    whole = there is not None and _is_whole(environment)
    if there is not None and whole:
        known = torch is None or (torch.device, torch.index) == there.torch
        if known and {fingerprint(lock) for lock in wanted} <= set(there.locks):
            return environment
        torch = torch or Asked(*there.torch)
    _fill(environment, anew=not whole, tests=tests, torch=torch or Asked())
    stamp(environment, wanted, (torch.device, torch.index) if torch else ("auto", ""))
    return environment


def _is_whole(environment: Environment) -> bool:
    site = environment.site
    return site is not None and not damaged(site)


def _fill(environment: Environment, *, anew: bool, tests: bool, torch: Asked) -> None:
    unstamp(environment)  # from here on it is not whole, whenever this may be killed
    if anew:
        say(f"Making the environment in {environment.root}")
        remove_one(environment.root)
        _make_venv(environment.root)
    packages.install(environment, tests, torch)
    if not _is_whole(environment):
        # uv links files from its cache, so what was damaged there comes damaged again.
        say("The packages came damaged; once more, without what was kept of them")
        packages.install(environment, tests, torch, kept=False)
    if not _is_whole(environment):
        raise InstallError("The packages came damaged. Check the disk, then run the same command again.")


def _make_venv(root: Path) -> None:
    root.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-I", "-m", "venv", str(root)]
    done = subprocess.run(command, capture_output=True, env=cleaned(), cwd=root.parent, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).decode("utf-8", "replace").strip()[-500:]
        shutil.rmtree(root, ignore_errors=True)
        if says_full(said):
            raise disk_full(str(root.parent))
        raise InstallError(
            "This Python cannot make environments. On Debian and Ubuntu: sudo apt install python3-venv. "
            f"What it said: {said}"
        )
