"""An install, or uninstall, that is killed: whenever that was, install makes it whole and uninstall takes it away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.install.trials import Trials, moments, trials


@pytest.fixture(scope="module")
def bench() -> Iterator[Trials]:
    with trials() as made:
        yield made


def test_a_killed_install_is_finished_by_the_next_one_and_leaves_nothing_to_uninstall(bench: Trials) -> None:
    for moment in moments(bench.steps, 4):
        bench.machine.killed(moment, "install")
        bench.install()
        bench.uninstall()


def test_a_killed_install_can_be_uninstalled(bench: Trials) -> None:
    for moment in moments(bench.steps, 4):
        bench.machine.killed(moment, "install")
        bench.uninstall()


def test_a_killed_install_over_an_earlier_one_and_a_killed_uninstall_leave_nothing_broken(bench: Trials) -> None:
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


def test_what_a_killed_install_had_written_of_the_users_own_file_is_all_of_it(bench: Trials) -> None:
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
