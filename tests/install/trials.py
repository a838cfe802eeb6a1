"""Installs and uninstalls that are killed, over and over, on one machine with a Krita and a GIMP."""

from __future__ import annotations

import contextlib
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.install.machine import Machine, machine
from tools.install import plugins
from tools.install.environment import Environment


class Trials:
    """steps: of a whole install. Raises AssertionError where a mended install is not as a whole one, to the byte
    counts, or where an uninstalled machine is not as before."""

    def __init__(self, made: Machine) -> None:
        self.machine = made
        for folder in (".local/share/krita", ".config/GIMP/3.0"):
            (made.user / folder).mkdir(parents=True)
        self._before = made.contents()
        self.steps = made.killed(0, "install")
        self._whole = made.contents()
        self.uninstall()

    def install(self) -> None:
        done = self.machine.run("install")
        assert done.returncode == 0, done.stderr
        there = self.machine.contents()
        assert there == self._whole, {*there.items()} ^ {*self._whole.items()}

    def uninstall(self) -> None:
        done = self.machine.run("uninstall")
        assert (done.returncode, "Not Overpaint's" in done.stdout) == (0, False), done.stdout + done.stderr
        left = self.machine.contents()
        assert left == self._before, {*left.items()} ^ {*self._before.items()}
        assert not self.machine.home.exists()


@contextlib.contextmanager
def trials() -> Iterator[Trials]:
    """No trial asks the network: what one needs was fetched just before."""
    with tempfile.TemporaryDirectory() as folder, machine(weights=False) as made:
        plugins.vendor_pyzmq(Environment(Path(sys.prefix)), Path(folder))
        yield Trials(replace(made, more={"UV_OFFLINE": "1"}))


def moments(steps: list[str], count: int) -> list[int]:
    """Most of the steps that put something in its place or take it away, and some of the many that only write."""
    rng = random.Random(count)
    turning = [number for number, step in enumerate(steps, 1) if step.startswith(("os.rename", "os.symlink", "os.rem"))]
    writing = sorted(set(range(1, len(steps) + 1)) - set(turning))
    return sorted(rng.sample(turning, min(len(turning), count)) + rng.sample(writing, count // 2))
