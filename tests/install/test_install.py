"""install.py for real: into a made-up home, from a checkout that is then deleted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.install.machine import Machine
from tests.install.machine import machine as a_machine
from tools.install.plugins import WHEELS

pytestmark = pytest.mark.spread


@pytest.fixture
def machine() -> Iterator[Machine]:
    with a_machine(weights=False) as made:
        yield made


def test_an_installed_server_outlives_its_checkout_and_uninstall_leaves_nothing(machine: Machine) -> None:
    krita, gimp = machine.user / ".local/share/krita", machine.user / ".config/GIMP/3.0"
    krita.mkdir(parents=True)
    gimp.mkdir(parents=True)
    before = machine.contents()
    done = machine.run("install")
    assert done.returncode == 0, done.stderr
    assert (krita / "pykrita/overpaint/server/client").is_dir()
    assert (krita / "pykrita/overpaint.desktop").exists()
    assert os.access(gimp / "plug-ins/overpaint/overpaint.py", os.X_OK)
    assert "enable_overpaint=true" in (machine.user / ".config/kritarc").read_text()
    for plugin in (krita / "pykrita/overpaint", gimp / "plug-ins/overpaint"):
        assert sorted(path.name for path in (plugin / "vendor").iterdir()) == sorted(WHEELS)
        assert json.loads((plugin / "installed.json").read_text())["home"] == str(machine.home)

    shutil.rmtree(machine.checkout)
    listed = subprocess.run(
        [str(machine.home / "bin/overpaint"), "jobs"],
        capture_output=True,
        text=True,
        env=machine.variables,
        timeout=240,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr
    assert (machine.home / "connection.json").exists(), "the command did not start a server"

    done = machine.run("uninstall", script=machine.home / "app/install.py")
    assert done.returncode == 0, done.stderr
    assert machine.contents() == before


def test_installing_twice_is_safe(machine: Machine) -> None:
    gimp = machine.user / "profile/3.0"
    for _ in range(2):
        done = machine.run("install", "--gimp", str(gimp))
        assert done.returncode == 0, done.stderr
    recorded = json.loads((machine.home / "installed.json").read_text())["files"]
    assert len(recorded) == len(set(recorded))
    assert (gimp / "plug-ins/overpaint/overpaint.py").exists()


def test_doctor_names_the_fix_for_a_plugin_that_was_switched_off(machine: Machine) -> None:
    krita = machine.user / ".local/share/krita"
    krita.mkdir(parents=True)
    assert machine.run("install").returncode == 0
    (machine.user / ".config/kritarc").write_text("[python]\nenable_overpaint=false\n")
    done = machine.run("doctor")
    assert done.returncode == 1
    assert "Python Plugin Manager" in done.stdout


def test_doctor_on_a_machine_without_overpaint_says_install(machine: Machine) -> None:
    done = machine.run("doctor")
    assert done.returncode == 1
    assert "install.py install" in done.stdout


def test_uninstall_leaves_what_is_somebody_elses_and_ends_no_process_but_its_server(machine: Machine) -> None:
    gimp = machine.user / ".config/GIMP"
    (gimp / "3.0").mkdir(parents=True)
    assert machine.run("install").returncode == 0
    shutil.copytree(gimp / "3.0", gimp / "3.2")  # as GIMP 3.2 does at its first start
    stranger = gimp / "3.4/plug-ins/overpaint/overpaint.py"
    stranger.parent.mkdir(parents=True)
    stranger.write_text("# another plug-in of this name\n")
    (machine.home / "precious.txt").write_text("mine")
    with subprocess.Popen(["sleep", "300"]) as bystander:
        (machine.home / "connection.json").write_text(json.dumps({"pid": bystander.pid}))
        done = machine.run("uninstall")
        assert bystander.poll() is None
        bystander.kill()
    assert done.returncode == 0, done.stderr
    assert "precious.txt" in done.stdout
    assert [path.name for path in machine.home.iterdir()] == ["precious.txt"]
    assert [path for path in gimp.rglob("*") if path.is_file()] == [stranger]


@pytest.mark.parametrize("rest", ["", '{"files": ["/ho', "[]"])
def test_a_damaged_record_hinders_neither_install_nor_uninstall(machine: Machine, rest: str) -> None:
    (machine.user / ".config/GIMP/3.0").mkdir(parents=True)
    before = machine.contents()
    assert machine.run("install").returncode == 0
    for name in ("installed.json", "connection.json", "launch.json"):
        (machine.home / name).write_text(rest)
    done = machine.run("uninstall") if rest else machine.run("install")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert machine.run("uninstall").returncode == 0
    assert machine.contents() == before


def test_an_existing_folder_of_other_things_is_left_alone(machine: Machine) -> None:
    mine = machine.home / "app/mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    done = machine.run("install")
    assert (done.returncode, "other things" in done.stderr, mine.read_text()) == (1, True, "mine")
    assert machine.run("uninstall").returncode == 0
    assert mine.read_text() == "mine"


def test_a_plugin_of_another_project_with_our_name_is_not_replaced(machine: Machine) -> None:
    theirs = machine.user / ".config/GIMP/3.0/plug-ins/overpaint/overpaint.py"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("# theirs")
    done = machine.run("install")
    assert (done.returncode, "Move it away" in done.stderr, theirs.read_text()) == (1, True, "# theirs")


def test_a_half_unpacked_pyzmq_is_named_by_doctor_and_mended_by_install(machine: Machine) -> None:
    (machine.user / ".config/GIMP/3.0").mkdir(parents=True)
    assert machine.run("install").returncode == 0
    carried = machine.user / ".config/GIMP/3.0/plug-ins/overpaint/vendor/cp312/zmq"
    for folder in (carried, machine.home / "vendor/cp312/zmq"):
        for path in list(folder.rglob("*.py"))[3:]:
            path.unlink()
    done = machine.run("doctor")
    assert (done.returncode, "pyzmq is not whole (cp312)" in done.stdout) == (1, True), done.stdout
    assert machine.run("install").returncode == 0
    assert machine.run("doctor").returncode == 0
