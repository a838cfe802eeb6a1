"""Whether a host that vanished went with its application, told from real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from server.gateway.hosts import Hosts
from server.listening.peers import Peer

APPLICATION = """
import subprocess, sys
plug_in = subprocess.Popen(["sleep", "60"])
print(plug_in.pid, flush=True)
plug_in.wait()
sys.stdin.read()
"""


@pytest.fixture
def application() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", APPLICATION], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        yield started
        started.kill()


@pytest.fixture
def plug_in(application: subprocess.Popen[str]) -> Iterator[Peer]:
    assert application.stdout is not None
    process = int(application.stdout.readline())
    yield Peer("session", "gimp-1", "gimp", process, application.pid)
    if psutil.pid_exists(process):
        psutil.Process(process).kill()


def test_a_plug_in_that_was_ended_alone_was_cancelled(application: subprocess.Popen[str], plug_in: Peer) -> None:
    hosts = Hosts()
    hosts.meet(plug_in)
    psutil.Process(plug_in.process).kill()
    assert not hosts.took_along(plug_in)


@pytest.mark.parametrize("reaped", [True, False])
def test_a_plug_in_whose_application_ended_was_not(
    application: subprocess.Popen[str], plug_in: Peer, reaped: bool
) -> None:
    hosts = Hosts()
    hosts.meet(plug_in)
    application.kill()
    if reaped:
        application.wait()
    else:
        os.waitid(os.P_PID, application.pid, os.WEXITED | os.WNOWAIT)
    assert hosts.took_along(plug_in)
    assert not hosts.took_along(plug_in)  # it is forgotten


@pytest.mark.parametrize(
    "changed", [{"host": 1}, {"process": 2**30}, {"host": 0}, {"process": -1}, {"client": "KEY gimp-1"}]
)
def test_what_a_peer_says_of_its_application_is_not_just_believed(
    application: subprocess.Popen[str], plug_in: Peer, changed: dict[str, object]
) -> None:
    stranger = replace(plug_in, **changed)  # type: ignore[arg-type]
    hosts = Hosts()
    hosts.meet(stranger)
    application.kill()
    application.wait()
    assert not hosts.took_along(stranger)
