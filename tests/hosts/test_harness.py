"""The harness itself: what every test of a real host relies on."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.hosts.host import CommandError, Host, opened
from tests.hosts.screen import Screen
from tests.running import PATIENCE, until


def test_the_work_folder_is_the_same_inside_and_outside(host: Host) -> None:
    (host.work / "from-outside").write_text("hello")
    host.run(["sh", "-c", f"cp {host.work}/from-outside {host.work}/from-inside"])
    assert (host.work / "from-inside").read_text() == "hello"


def test_an_ipc_socket_reaches_across(host: Host) -> None:
    path = host.work / "a.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        code = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect({str(path)!r}); s.sendall(b'over')"
        host.run(["python3", "-c", code])
        assert server.accept()[0].recv(10) == b"over"


def test_a_failing_command_tells_what_it_printed(host: Host) -> None:
    with pytest.raises(CommandError, match="oh no"):
        host.run(["sh", "-c", "echo oh no; exit 3"])


def test_a_command_past_its_time_is_ended_with_its_children(host: Host) -> None:
    began, before = time.monotonic(), set(host.processes())
    outcome = host.run(["sh", "-c", "sleep 300 & sleep 300"], timeout=1, check=False)
    assert outcome.code == 124
    assert time.monotonic() - began < 200
    until(lambda: set(host.processes()) <= before, "its children to end")


def test_nothing_stays_mounted_or_running_on_this_machine(host: Host) -> None:
    with opened(host.suite) as other:
        left = other.start(["setsid", "sleep", "300"])
        work = other.work
        assert str(other.root) not in Path("/proc/mounts").read_text()
    left.wait(PATIENCE)
    assert not work.exists()


def test_a_screen_shows_windows(display: Screen, artefacts: Path) -> None:
    clock = display.start(["xclock"])
    display.wait_for_window("xclock")
    assert display.screenshot(artefacts / "harness.png").stat().st_size > 1000
    clock.terminate()


def test_without_root_the_skip_says_why(tmp_path: Path) -> None:
    test = "import pytest\npytestmark = pytest.mark.hosts\ndef test_it(host): pass\n"
    code = (
        "import os, sys, pytest; os.geteuid = lambda: 1000\n"
        "sys.exit(pytest.main(['-q', '-rs', '-p', 'no:cacheprovider', '-p', 'tests.hosts.conftest', sys.argv[1]]))"
    )
    (tmp_path / "test_it.py").write_text(test)
    command = [sys.executable, "-c", code, str(tmp_path)]
    for required, expected in (("", "1 skipped"), ("1", "1 error")):
        environment = {"PATH": "/usr/bin:/bin", "OVERPAINT_REQUIRE_HOSTS": required}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=PATIENCE)
        assert expected in done.stdout, done.stdout + done.stderr
        assert "REAL HOSTS NOT TESTED (trixie): not root" in done.stdout
