"""A GIMP whose Python has no pyzmq uses the copy that the installer put beside the plug-in."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.conftest import SUITE
from tests.hosts.gimp.desk import lay_out
from tests.hosts.host import Host, opened
from tests.running import RunningServer
from tools.install.environment import Environment
from tools.install.plugins import vendor_pyzmq

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def bare(host: Host) -> Iterator[Host]:
    """A host of its own, in which pyzmq is hidden; ``host`` says whether there can be one."""
    with opened(SUITE) as made:
        packages = Path("/usr/lib/python3/dist-packages")
        made.run(["cp", "-a", packages, "packages"])
        made.run(["rm", "-rf", "packages/zmq"])
        made.put_over(packages, made.work / "packages")
        yield made


@pytest.fixture(scope="module")
def report(bare: Host, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    wheels = tmp_path_factory.mktemp("wheels")
    vendor_pyzmq(Environment(Path(sys.prefix)), wheels)
    home = bare.work / "op"
    home.mkdir()
    server = RunningServer(home)
    try:
        desk = lay_out(bare, home)
        shutil.copytree(wheels, desk.profile / "plug-ins/overpaint/kept")
        found, _ = desk.console("vendored", bare.work / "vendored", timeout=1500)
    finally:
        server.stop()
    return found


def test_without_any_pyzmq_the_plug_in_says_what_is_missing(report: dict[str, Any]) -> None:
    status, error = report["without"]
    assert status == "execution-error"
    assert error == "Overpaint's installation is not complete: No module named 'zmq'. Run: python3 install.py doctor"


def test_with_the_vendored_one_it_reaches_the_server(report: dict[str, Any]) -> None:
    _, error = report["with"]
    assert "no method “alchemy”" in error
