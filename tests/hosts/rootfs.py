"""A small Debian with real GIMP and Krita in it, so that the plugins are tested in the programs they are for.

The tree is made once by mmdebstrap from the mirror that this machine's apt already uses, and kept in the user's cache
folder, ``~/.cache/overpaint/hosts/SUITE``. It takes about a minute and 1.4 GB. Needs root on a machine with apt.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DESK = (
    *("ca-certificates", "python3-zmq"),
    *("xvfb", "xauth", "xdotool", "x11-apps", "imagemagick", "openbox", "dbus", "dbus-bin", "procps"),
)
"""What a person has around the program, and what looks at it for us."""


@dataclass(frozen=True)
class Suite:
    """release: Debian's. packages: of it. experimental: of Debian's *experimental* over it."""

    release: str
    packages: tuple[str, ...]
    experimental: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return self.packages + self.experimental


KRITA_6 = Suite("forky", DESK, ("krita", "python3-pyqt6", "python3-pyqt6.sip", "qt6-svg-plugins"))
"""Without the last one Krita 6 has no icons."""


def suite_of(name: str) -> Suite:
    """ "krita6", or a release of Debian with its GIMP 3 and Krita 5. PyQt is only recommended by Krita, and without it
    Krita loads no plugin at all."""
    if name == "krita6":
        return KRITA_6
    return Suite(name, (*DESK, "gimp", "python3-gi", "krita", "python3-pyqt5"))


MARKER = "etc/overpaint-host"
"""Lies in a finished tree and names its packages; written last."""

BUILD_SECONDS = 1200


class HostUnavailableError(Exception):
    """No real GIMP or Krita can be had on this machine; the text says why, for a person."""


def cache() -> Path:
    """The folder of all trees."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "overpaint" / "hosts"


def tree(suite: str) -> Path:
    """The root folder of a finished ``suite`` ("trixie", "forky", "krita6"), built first where there is none.

    Raises HostUnavailableError with the reason when it cannot be had.
    """
    if os.name != "posix" or os.geteuid() != 0:
        raise HostUnavailableError("not root: a root file system with GIMP and Krita can be neither made nor entered")
    root = cache() / suite
    root.parent.mkdir(parents=True, exist_ok=True)
    with _lock(root.with_suffix(".lock")):
        if not _complete(suite_of(suite), root):
            _build(suite_of(suite), root)
    return root


def _complete(suite: Suite, root: Path) -> bool:
    marker = root / MARKER
    if marker.exists():
        return set(suite.all) <= set(marker.read_text().split())
    if not _installed(suite, root):
        return False
    marker.write_text("\n".join(suite.all) + "\n")
    return True


def _installed(suite: Suite, root: Path) -> bool:
    """Whether a tree without a marker has every package configured: one made by hand is as good."""
    if not (root / "var/lib/dpkg/status").exists() or not shutil.which("dpkg-query"):
        return False
    command = ["dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f", "${db:Status-Status}\n", *suite.all]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return found.returncode == 0 and found.stdout.split() == ["installed"] * len(suite.all)


def _build(suite: Suite, root: Path) -> None:
    """Into a folder beside ``root``, renamed when whole, so that a build broken off is never taken for a tree."""
    _need_mmdebstrap()
    mirror = _mirror()
    half = root.with_name(f"{root.name}.half")
    for stale in (half, root):
        _remove(stale)
    command = [
        *("mmdebstrap", "--variant=apt", "--mode=root", f"--include={','.join(suite.packages)}"),
        '--aptopt=Apt::Install-Recommends "false"',
        '--aptopt=Acquire::Check-Valid-Until "false"',  # forky's Release file is expired on some mirrors
        '--aptopt=Acquire::Retries "3"',
        "--dpkgopt=force-unsafe-io",
        *(f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("doc", "man", "locale")),
        *(f"--customize-hook={line}" for line in _over(suite, mirror)),
        *(suite.release, str(half), mirror),
    ]
    print(f"Building {root.name} with {_programs(suite)} in {root} (once, about a minute)", flush=True)
    _apt(command, f"mmdebstrap could not build {root.name}")
    (half / MARKER).write_text("\n".join(suite.all) + "\n")
    half.rename(root)


def _over(suite: Suite, mirror: str) -> Iterator[str]:
    """Commands that put the packages of *experimental* over a finished release. Debian never chooses that one by
    itself, so what they need beside it comes from the release where that has it."""
    if suite.experimental:
        yield f'echo deb {mirror} experimental main >> "$1/etc/apt/sources.list"'
        yield 'chroot "$1" apt-get update'
        yield f'chroot "$1" apt-get install -y -t experimental {" ".join(suite.experimental)}'


def _programs(suite: Suite) -> str:
    return " and ".join(name for name in ("gimp", "krita") if name in suite.all)


def _need_mmdebstrap() -> None:
    if shutil.which("mmdebstrap"):
        return
    if not shutil.which("apt-get"):
        raise HostUnavailableError("no mmdebstrap and no apt-get to install it with")
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "mmdebstrap"]
    try:
        _apt(install, "mmdebstrap could not be installed")
    except HostUnavailableError:  # the package lists of a fresh machine may be empty or old
        _apt(["apt-get", "update", "-q"], "apt-get update failed")
        _apt(install, "mmdebstrap could not be installed")


def _apt(command: list[str], what: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=BUILD_SECONDS
        )
    except subprocess.TimeoutExpired as slow:
        raise HostUnavailableError(f"{what} within {BUILD_SECONDS} s") from slow
    if done.returncode:
        raise HostUnavailableError(f"{what}: {' / '.join(done.stdout.strip().splitlines()[-5:])}")


def _mirror() -> str:
    """The archive this machine's apt uses, asked of apt itself (its security and third-party archives left out)."""
    if not shutil.which("apt-get"):
        raise HostUnavailableError("no apt-get to ask for a Debian mirror")
    archives = _archives()
    if not archives:  # a fresh machine has no package lists yet
        _apt(["apt-get", "update", "-q"], "apt-get update failed")
        archives = _archives()
    if not archives:
        raise HostUnavailableError("apt on this machine names no Debian archive to build from")
    return archives[0]


def _archives() -> list[str]:
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(COMPONENT) $(LABEL)", "Created-By: Packages"]
    lines = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.splitlines()
    return [line.split()[0] for line in lines if line.endswith(" main Debian")]


def _remove(folder: Path) -> None:
    """Remove a tree, never across a mount: what is mounted below may be the machine's own."""
    if not folder.exists():
        return
    inside = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    mounted = [place for place in inside if Path(place).is_relative_to(folder)]
    if mounted:
        raise HostUnavailableError(f"{folder} is incomplete, and {mounted[0]} is mounted in it: unmount that first")
    shutil.rmtree(folder)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """One build at a time, whichever test run asks first."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
