"""A host's lasting line: the server is found or started, and jobs outlive a crash of it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.client import events
from server.client.blocking import Client
from server.client.identity import client_id
from server.client.launch import find
from server.client.link import Link
from server.wire.connection import ConnectionFile, ServerLock, write_connection
from server.wire.errors import Code, OverpaintError
from server.wire.paths import Home
from server.wire.recipe import Recipe

from .conftest import CHECKOUT, PATIENCE_S, EchoProcess, started_pids, submission

Echo = Callable[..., EchoProcess]

HOST = """
from server.client.blocking import Client
from server.wire.paths import Home

with Client("test", Home.of_user()) as client:
    print(client.hello().server)
"""


def collect(link: Link, *kinds: type) -> list[events.Event]:
    happened: list[events.Event] = []
    end = time.monotonic() + PATIENCE_S
    while not any(isinstance(event, kinds) for event in happened):
        assert time.monotonic() < end, happened
        link.wait(0.1)
        happened += link.poll(0.0)  # a chunk at a time, so that "in the middle" is in the middle
    return happened


def test_a_running_server_is_found(echo: Echo) -> None:
    echo()
    with Client("test", Home.of_user()) as client:
        assert client.hello().server == "echo"


def test_a_server_is_started_when_none_runs(launchable: Path) -> None:
    link = Link("test", Home.of_user())
    link.open()
    happened = collect(link, events.Welcomed)
    assert [event for event in happened if isinstance(event, events.Connecting)] == [
        events.Connecting(False),
        events.Connecting(True),
    ]
    assert len(started_pids(launchable)) == 1
    link.close()


def test_the_started_server_outlives_its_host(launchable: Path) -> None:
    script = HOST
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    assert done.stdout == "echo\n"
    with Client("test", Home.of_user()) as client:
        client.hello()
    assert len(started_pids(launchable)) == 1


def test_two_hosts_that_start_at_once_share_one_server(launchable: Path) -> None:
    script = HOST
    hosts = [
        subprocess.Popen([sys.executable, "-c", script], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [host.communicate(timeout=PATIENCE_S)[0] for host in hosts] == ["echo\n"] * 3
    assert len(started_pids(launchable)) == 1


def test_the_file_of_a_crashed_server_is_not_believed(launchable: Path) -> None:
    write_connection(launchable, ConnectionFile(1, 0, os.getpid(), "ipc:///tmp/none-d", "ipc:///tmp/none-c"))
    assert find(Home.of_user()) is None
    with Client("test", Home.of_user()) as client:
        assert client.hello().server == "echo"


def test_without_an_installed_server_the_hint_says_how_to_install_it(home: Path) -> None:
    with Client("test", Home.of_user()) as client, pytest.raises(OverpaintError) as raised:
        client.hello()
    assert raised.value.code is Code.UNREACHABLE
    assert "install.py install" in raised.value.hint


def test_a_server_that_ends_at_once_is_an_error_that_names_doctor_and_the_log(home: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit(3)"]
    (home / "launch.json").write_text(json.dumps({"command": command}))
    with Client("test", Home.of_user()) as client, pytest.raises(OverpaintError) as raised:
        client.hello()
    assert "code 3" in raised.value.sentence
    assert "install.py doctor" in raised.value.hint
    assert str(home / "logs") in raised.value.hint


def test_a_command_that_does_not_exist_is_an_error_too(home: Path) -> None:
    (home / "launch.json").write_text('{"command": ["/nonexistent/python"]}')
    with Client("test", Home.of_user()) as client, pytest.raises(OverpaintError) as raised:
        client.hello()
    assert raised.value.code is Code.UNREACHABLE


def test_a_server_on_another_machine_is_used_when_its_file_was_put_here(echo: Echo, home: Path) -> None:
    echo("tcp")
    (home / "remote.json").write_text((home / "connection.json").read_text())
    (home / "connection.json").unlink()
    with Client("test", Home.of_user()) as client:
        assert client.hello().server == "echo"


def test_a_job_whose_server_dies_in_the_middle_is_done_by_the_next_one(launchable: Path) -> None:
    link = Link("test", Home.of_user())
    sent = submission(side=2048)
    link.start(sent)
    happened = collect(link, events.Uploading)
    os.kill(started_pids(launchable)[0], signal.SIGKILL)
    happened += collect(link, events.Arrived, events.EditFailed)
    arrived = happened[-1]
    assert isinstance(arrived, events.Arrived)
    assert arrived.results[0].data == sent.pixels
    assert sum(isinstance(event, events.Interrupted) for event in happened) == 1
    assert len(started_pids(launchable)) == 2
    assert not link.active
    link.close()


def test_an_acknowledgement_that_the_server_died_over_is_said_to_the_next_one(real_server: Path) -> None:
    """Else the same answer would be offered a second time."""
    link = Link("test", Home.of_user())
    job = link.start(dataclasses.replace(submission(), recipe=Recipe("erase", seed=1)))
    collect(link, events.Arrived)
    connection = find(Home.of_user())
    assert connection is not None
    os.kill(connection.pid, signal.SIGKILL)
    link.acknowledge(job)
    collect(link, events.Acknowledged)
    link.list_jobs()
    (listed,) = [event for event in collect(link, events.Listed) if isinstance(event, events.Listed)]
    assert listed.jobs == ()
    link.close()


@pytest.fixture
def real_server(home: Path) -> Iterator[Path]:
    """A home whose launch file starts the real server; the one that runs at the end is ended."""
    command = [sys.executable, "-m", "server.cli", "serve"]
    (home / "launch.json").write_text(json.dumps({"command": command, "environment": {"PYTHONPATH": str(CHECKOUT)}}))
    yield home
    running = find(Home.of_user())
    if running is not None:
        os.kill(running.pid, signal.SIGTERM)


def test_an_upload_goes_on_where_the_crashed_server_had_stored_it(real_server: Path) -> None:
    sent = dataclasses.replace(submission(side=2048), recipe=Recipe("erase"))
    with contextlib.closing(Link("test", Home.of_user())) as link:
        link.start(sent)
        while first_fraction(collect(link, events.Uploading)) < 0.7:  # 14 of 20 chunks, of which 8 may be under way
            pass
        crashed = find(Home.of_user())
        assert crashed is not None
        os.kill(crashed.pid, signal.SIGKILL)
        collect(link, events.Interrupted)
        assert first_fraction(collect(link, events.Uploading)) > 0.3
        link.cancel(sent.job)
        collect(link, events.Cancelled)


def first_fraction(happened: list[events.Event]) -> float:
    return next(event.fraction for event in happened if isinstance(event, events.Uploading))


def test_a_lost_server_without_a_job_is_told_once_and_the_next_job_starts_another(launchable: Path) -> None:
    link = Link("test", Home.of_user())
    link.open()
    collect(link, events.Welcomed)
    os.kill(started_pids(launchable)[0], signal.SIGKILL)
    assert isinstance(collect(link, events.ServerLost)[-1], events.ServerLost)
    assert link.welcome is None
    assert link.poll() == []
    link.start(submission())
    collect(link, events.Arrived)
    link.close()


@contextlib.contextmanager
def ending_server(home: Path) -> Iterator[None]:
    """What is left of a server at the moment of its end: its file and its lock, and sockets that break off."""
    lock = ServerLock(home)
    assert lock.take()
    listeners = []
    for name in ("d", "c"):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(home / name))
        listener.listen()
        threading.Thread(target=hang_up, args=[listener], daemon=True).start()
        listeners.append(listener)
    write_connection(home, ConnectionFile(1, 0, os.getpid(), f"ipc://{home}/d", f"ipc://{home}/c"))
    yield
    lock.release()
    for listener in listeners:
        listener.close()


def hang_up(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            listener.accept()[0].close()


def test_a_job_that_meets_a_server_in_its_last_moment_is_done_by_the_next_one(launchable: Path) -> None:
    sent = submission()
    with contextlib.closing(Link("test", Home.of_user())) as link:
        with ending_server(launchable):
            link.start(sent)
            collect(link, events.Interrupted)
        arrived = collect(link, events.Arrived, events.EditFailed)[-1]
        assert isinstance(arrived, events.Arrived)
        assert arrived.results[0].data == sent.pixels


def test_a_greeting_that_meets_a_server_in_its_last_moment_finds_the_next_one(launchable: Path) -> None:
    with contextlib.closing(Link("test", Home.of_user())) as link:
        with ending_server(launchable):
            link.open()
            happened = []
            for _ in range(10):
                link.wait(0.02)
                happened += link.poll()
        happened += collect(link, events.Welcomed)
        assert not any(isinstance(event, events.ServerLost) for event in happened)


def test_a_job_that_no_server_survives_fails_in_the_end(launchable: Path) -> None:
    link = Link("test", Home.of_user())
    link.start(submission(side=2048))
    killed = 0
    happened: list[events.Event] = []
    while not any(isinstance(event, events.EditFailed) for event in happened):
        happened = collect(link, events.Uploading, events.EditFailed)
        for pid in started_pids(launchable)[killed:]:
            os.kill(pid, signal.SIGKILL)
            killed += 1
    failed = next(event for event in happened if isinstance(event, events.EditFailed))
    assert failed.error.code is Code.UNREACHABLE
    assert killed == 4
    link.close()


def test_a_job_cancelled_while_the_server_is_sought_never_runs(launchable: Path) -> None:
    link = Link("test", Home.of_user())
    sent = submission(side=2048)
    link.start(sent)
    link.cancel(sent.job)
    happened = collect(link, events.Cancelled)
    assert not any(isinstance(event, (events.Uploading, events.Arrived)) for event in happened)
    assert not link.active
    link.close()


# --- the synchronous client --------------------------------------------------------------------


def test_one_call_runs_a_job_and_tells_its_events(echo: Echo) -> None:
    echo()
    told: list[type] = []
    sent = submission(side=600)
    with Client("test", Home.of_user()) as client:
        arrived = client.run(sent, lambda event: told.append(type(event)))
        assert arrived.results[0].data == sent.pixels
        assert [line.job for line in client.jobs()] == [sent.job]
        client.acknowledge(sent.job)
        assert client.jobs() == ()
    assert told[0] is events.Connecting
    assert told[-1] is events.Arrived


def test_a_job_begun_as_soon_as_the_server_answers_is_sent_once(echo: Echo) -> None:
    echo()
    for _ in range(5):
        sent = submission(side=1800)
        with Client("test", Home.of_user()) as client:
            client.hello()
            assert client.run(sent).results[0].data == sent.pixels


def test_an_answer_waits_for_the_next_run_of_the_application(echo: Echo) -> None:
    echo()
    sent = submission(side=300)
    with Client("test", Home.of_user()) as client:
        client.run(sent)
    with Client("test", Home.of_user()) as client:
        assert client.attach(sent.job).results[0].data == sent.pixels


def test_answering_false_cancels(echo: Echo) -> None:
    echo()
    sent = submission(side=2048)
    with Client("test", Home.of_user()) as client:
        with pytest.raises(OverpaintError) as raised:
            client.run(sent, lambda event: not isinstance(event, events.Uploading))
        assert raised.value.code is Code.CANCELLED
        assert client.jobs() == ()


def test_an_exception_while_following_cancels_and_comes_out(echo: Echo) -> None:
    echo()

    def interrupt(event: events.Event) -> None:
        if isinstance(event, events.Uploading):
            raise KeyboardInterrupt

    with Client("test", Home.of_user()) as client:
        with pytest.raises(KeyboardInterrupt):
            client.run(submission(side=2048), interrupt)
        assert client.jobs() == ()


def test_a_job_the_server_does_not_know_is_an_error(echo: Echo) -> None:
    echo()
    with Client("test", Home.of_user()) as client, pytest.raises(OverpaintError) as raised:
        client.attach("0" * 32)
    assert raised.value.code is Code.UNKNOWN_JOB


def test_an_installation_keeps_its_name_and_applications_have_their_own(home: Path) -> None:
    first = client_id(home, "Krita")
    assert client_id(home, "Krita") == first
    assert client_id(home, "GIMP 3.0") != first
