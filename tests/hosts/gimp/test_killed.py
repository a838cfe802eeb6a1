"""GIMP's Cancel ends the plug-in's process on the spot: the server must notice by itself."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from server.client.identity import client_id
from server.wire.messages import JobState
from tests.hosts.gimp.desk import Desk
from tests.running import RunningServer, until

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def report(desk: Desk, gimp_server: RunningServer) -> dict[str, Any]:
    """Starts the long edit, kills the plug-in when the server works on it, and lets GIMP go on."""
    out = desk.host.work / "killed"
    command = ["gimp-console", "-i", "-d", "-f", *desk.script("killed", out), "--quit"]
    variables = {**desk.environment, "OVERPAINT_TEST_OUT": str(out)}
    with (desk.host.work / "killed.log").open("wb") as log:
        gimp = desk.host.start(command, env=variables, log=log)
    with gimp_server.client(client_id(gimp_server.home, "gimp")) as client:
        until(lambda: JobState.RUNNING in client.jobs().values(), "the edit to run", 120)
        os.kill(plug_in(desk), signal.SIGKILL)
        until(lambda: not client.jobs(), "the server to forget the edit", 60)
    assert gimp.wait(120) == 0, (desk.host.work / "killed.log").read_text(errors="replace")
    found: dict[str, Any] = json.loads((out / "report.json").read_text())
    return found


def plug_in(desk: Desk) -> int:
    """The process of our plug-in."""
    ours = str(desk.profile / "plug-ins/overpaint/overpaint.py").encode()
    (pid,) = (pid for pid in desk.host.processes() if ours in Path(f"/proc/{pid}/cmdline").read_bytes())
    return pid


def test_the_server_stops_the_edit_and_gimp_lives(report: dict[str, Any]) -> None:
    assert report["killed"]["status"] != "success"
    assert report["killed"]["layers"] == 1


def test_the_next_edit_runs(report: dict[str, Any]) -> None:
    assert report["next"] == {"status": "success", "error": "", "layers": 1}
