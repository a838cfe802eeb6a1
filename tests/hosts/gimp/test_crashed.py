"""GIMP crashes while the server works for it: the answer is kept and can be brought into the image afterwards."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from server.client.identity import client_id
from server.wire.messages import JobState
from tests.hosts.gimp.desk import Desk
from tests.hosts.gimp.pixels import load
from tests.running import RunningServer, until

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def brought(desk: Desk, gimp_server: RunningServer) -> tuple[Path, dict[str, Any]]:
    """GIMP is killed in the middle of an edit, the server restarted when the answer is there, and GIMP started anew."""
    out = desk.host.work / "crashed"
    command = ["gimp-console", "-i", "-d", "-f", *desk.script("crashed", out), "--quit"]
    variables = {**desk.environment, "OVERPAINT_TEST_OUT": str(out)}
    with (desk.host.work / "crashed.log").open("wb") as log:
        gimp = desk.host.start(command, env=variables, log=log)
    with gimp_server.client(client_id(gimp_server.home, "gimp")) as client:
        until(lambda: JobState.RUNNING in client.jobs().values(), "the edit to run", 120)
        os.kill(gimp_itself(desk), signal.SIGKILL)
        gimp.wait(60)
        until(lambda: list(client.jobs().values()) == [JobState.FINISHED], "the edit to end without GIMP", 240)
    gimp_server.stop()
    gimp_server.start()
    after = desk.host.work / "earlier"
    report, outcome = desk.console("earlier", after, timeout=300)
    assert "again" in report, outcome.output
    return after, report


def gimp_itself(desk: Desk) -> int:
    def name(pid: int) -> bytes:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]

    (pid,) = (pid for pid in desk.host.processes() if Path(os.fsdecode(name(pid))).name.startswith("gimp-console"))
    return pid


def test_the_answer_comes_on_top_where_it_belongs(brought: tuple[Path, dict[str, Any]]) -> None:
    out, report = brought
    assert report["brought"] == {"status": "success", "error": "", "names": ["a red hat", "Paint"]}
    (new,) = report["layers"]
    alpha = load(out, new)[..., -1]
    rows, columns = alpha.nonzero()
    rows, columns = rows + new["y"], columns + new["x"]
    assert (columns.min(), rows.min(), columns.max(), rows.max()) == (30, 20, 53, 37)


def test_in_an_image_of_another_kind_it_is_refused_and_kept(brought: tuple[Path, dict[str, Any]]) -> None:
    gray = brought[1]["gray"]
    assert gray["status"] == "execution-error"
    assert "gray and colour do not go together" in gray["error"]


def test_it_is_brought_in_once(brought: tuple[Path, dict[str, Any]]) -> None:
    none = brought[1]["none"]
    assert (none["status"], none["layers"]) == ("execution-error", 0)
    assert "No answers from before are waiting." in none["error"]


def test_it_cannot_be_run_again_without_its_source(brought: tuple[Path, dict[str, Any]]) -> None:
    assert "The layer that ‘a red hat’ was made from is gone." in brought[1]["again"]["error"]
