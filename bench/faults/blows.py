"""What is done to one of the three processes, or to what they stand on, in the middle of an edit."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.faults.stage import CLIENT, GATEWAY, WORKER, Playing, Stage

EVERYBODY = "all three"
_YEARS = 10 * 365 * 86400.0
_FROZEN_S = 5.0
_TRIES = 50
_DISK = "640m"
"""The server leaves 512 MB of any disk free."""


class Blow(Protocol):
    """``title`` for the table. ``ends_client``: whether a host that is struck has to be started again."""

    ends_client: bool

    @property
    def title(self) -> str: ...

    def strike(self, here: Stage, victim: str, playing: Playing) -> None: ...

    def mend(self, here: Stage) -> None:
        """Afterwards, before the answer is waited for."""


@dataclass
class Kill:
    title = "kill -9"
    ends_client = True

    def strike(self, here: Stage, victim: str, playing: Playing) -> None:
        os.kill(_pid(here, victim, playing), signal.SIGKILL)

    def mend(self, here: Stage) -> None: ...


@dataclass
class Freeze:
    """As a suspended laptop or a debugger does it."""

    title = f"stopped (SIGSTOP) for {_FROZEN_S:.0f} s"
    ends_client = False
    frozen: list[int] = field(default_factory=list)

    def strike(self, here: Stage, victim: str, playing: Playing) -> None:
        victims = (CLIENT, GATEWAY, WORKER) if victim == EVERYBODY else (victim,)
        self.frozen = [_pid(here, one, playing) for one in victims]
        for pid in self.frozen:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(_FROZEN_S)

    def mend(self, here: Stage) -> None:
        for pid in self.frozen:
            os.kill(pid, signal.SIGCONT)


@dataclass
class Truncate:
    """The server dies, and its table has lost its end when it comes back."""

    rng: random.Random
    title = "killed, and journal.sqlite cut off"
    ends_client = False

    def strike(self, here: Stage, victim: str, playing: Playing) -> None:
        with held(playing.process.pid):
            os.kill(here.pid(GATEWAY), signal.SIGKILL)
            for path in here.home.glob("journal.sqlite*"):
                os.truncate(path, self.rng.randrange(path.stat().st_size + 1))

    def mend(self, here: Stage) -> None: ...


@dataclass
class SetClock:
    """The server's clock jumps; then it is killed, and finds the right time when it comes back."""

    forward: bool

    @property
    def title(self) -> str:
        return f"clock set {10 if self.forward else -10:+d} years, then killed and the clock set right"

    ends_client = False

    def strike(self, here: Stage, victim: str, playing: Playing) -> None:
        here.clock.write_text(str(_YEARS if self.forward else -_YEARS))
        time.sleep(0.3)
        with held(playing.process.pid):
            os.kill(here.pid(GATEWAY), signal.SIGKILL)
            here.clock.unlink()

    def mend(self, here: Stage) -> None: ...


@dataclass
class FillDisk:
    """The file system under the server's folder is full for two seconds."""

    disk: SmallDisk
    title = "disk full"
    ends_client = False

    def strike(self, here: Stage, victim: str, playing: Playing) -> None:
        self.disk.fill()

    def mend(self, here: Stage) -> None:
        time.sleep(2)
        self.disk.empty()


class SmallDisk:
    """A file system in memory that can be filled and emptied in an instant, by its size."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        for _ in range(_TRIES):
            state = os.statvfs(self.folder)
            used = (state.f_blocks - state.f_bfree) * state.f_frsize
            if self._remount(f"{used // 1024}k"):
                return  # else something was written just then: it cannot be made smaller than what is in it
        raise SystemExit("the small disk could not be filled")

    def empty(self) -> None:
        if not self._remount(_DISK):
            raise SystemExit("the small disk could not be emptied")

    def _remount(self, size: str) -> bool:
        command = ["mount", "-o", f"remount,size={size}", str(self.folder)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk | None]:
    """Mounted on ``folder``; None where this user may not mount anything."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "overpaint", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        yield None
        return
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextlib.contextmanager
def held(pid: int) -> Iterator[None]:
    """The process stands still meanwhile, so that it starts nothing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _pid(here: Stage, victim: str, playing: Playing) -> int:
    return playing.process.pid if victim == CLIENT else here.pid(victim)
