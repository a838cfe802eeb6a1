"""An install, or uninstall, that is killed: whenever that was, install makes it whole and uninstall takes it away."""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.install.machine import Machine, machine
from tools.install import plugins
from tools.install.environment import Environment


class Bench:
    """A machine with Krita and GIMP, what a whole install leaves on it, and how to get back to before."""

    def __init__(self, made: Machine) -> None:
        self.machine = made
        for folder in (".local/share/krita", ".config/GIMP/3.0"):
            (made.user / folder).mkdir(parents=True)
        self.before = made.contents()
        self.steps = made.killed(0, "install")
        self.whole = made.contents()
        self.uninstall()

    def install(self) -> None:
        done = self.machine.run("install")
        assert done.returncode == 0, done.stderr
        assert self.machine.contents() == self.whole

    def uninstall(self) -> None:
        done = self.machine.run("uninstall")
        assert (done.returncode, "Not Overpaint's" in done.stdout) == (0, False), done.stdout + done.stderr
        assert self.machine.contents() == self.before
        assert not self.machine.home.exists()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    wheels = tmp_path_factory.mktemp("wheels")
    for abi, version in plugins.WHEELS.items():
        shutil.copy2(plugins.download_pyzmq(Environment(Path(sys.prefix)), wheels, abi, version), wheels)
    # So that no trial asks the network.
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_EXTRA_INDEX_URL": ""}
    with machine(weights=False) as made:
        yield Bench(replace(made, more=settings))


def moments(steps: list[str], count: int) -> list[int]:
    """Most of the steps that put something in its place or take it away, and some of the many that only write."""
    rng = random.Random(count)
    turning = [number for number, step in enumerate(steps, 1) if step.startswith(("os.rename", "os.symlink", "os.rem"))]
    writing = [number for number, step in enumerate(steps, 1) if number not in turning]
    return sorted(rng.sample(turning, min(len(turning), count)) + rng.sample(writing, count // 2))


def test_a_killed_install_is_finished_by_the_next_one_and_leaves_nothing_to_uninstall(bench: Bench) -> None:
    for moment in moments(bench.steps, 4):
        bench.machine.killed(moment, "install")
        bench.install()
        bench.uninstall()


def test_a_killed_install_can_be_uninstalled(bench: Bench) -> None:
    for moment in moments(bench.steps, 4):
        bench.machine.killed(moment, "install")
        bench.uninstall()


def test_a_killed_install_over_an_earlier_one_and_a_killed_uninstall_leave_nothing_broken(bench: Bench) -> None:
    bench.install()
    for moment in moments(bench.machine.killed(0, "install"), 2):
        bench.machine.killed(moment, "install")
        bench.install()
    for moment in (9, 200):
        bench.machine.killed(moment, "uninstall")
        bench.install()
        bench.machine.killed(moment, "uninstall")
        bench.uninstall()
        bench.install()
    bench.uninstall()


def test_what_a_killed_install_had_written_of_the_users_own_file_is_all_of_it(bench: Bench) -> None:
    kritarc = bench.machine.user / ".config/kritarc"
    kritarc.write_bytes(b"[theme]\nname=Krita \xe9\n")
    touching = [number for number, step in enumerate(bench.steps, 1) if "kritarc" in step]
    try:
        for moment in [touching[0], touching[-1], touching[-1] + 1]:
            bench.machine.killed(moment, "install")
            assert kritarc.read_bytes().startswith(b"[theme]\nname=Krita \xe9\n")
            assert bench.machine.run("uninstall").returncode == 0
            assert kritarc.read_bytes() == b"[theme]\nname=Krita \xe9\n"
    finally:
        kritarc.unlink()
