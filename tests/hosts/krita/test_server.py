"""What Krita's user sees of a server that is not there, dies, or fails."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import zmq

from server.wire.connection import write_connection
from tests.hosts.host import Host
from tests.hosts.krita import running
from tests.hosts.krita.pictures import Rect, grain, paint, pixels, select
from tests.hosts.krita.running import Krita, RefusedError
from tests.hosts.screen import Screen
from tests.running import BUNDLED, PONDERING, RunningServer, until


@pytest.fixture
def blotted(krita: Krita, krita_server: RunningServer) -> Iterator[Krita]:
    krita.ask("new_document", width=200, height=160)
    paint(krita, "Ink", grain(200, 160, blot=Rect(80, 60, 30, 30)))
    select(krita, Rect(76, 56, 38, 38))
    yield krita
    if krita_server.process.poll() is not None:
        krita_server.start()


def ponder(krita: Krita, **settings: object) -> int:
    number = krita.ask("begin", function="erase_selection", method="ponder", **settings)
    assert isinstance(number, int)
    return number


def test_the_first_edit_starts_the_server_and_waits_for_it(
    blotted: Krita, krita_server: RunningServer, krita_home: Path
) -> None:
    krita_server.stop()
    asked = krita_home / "asked"
    launch = {"command": ["/bin/sh", "-c", f"touch {asked}; exec sleep 60"], "environment": {}}
    (krita_home / "launch.json").write_text(json.dumps(launch))
    job = blotted.ask("begin", function="erase_selection")
    until(asked.exists, "Krita to start the server")
    assert blotted.ask("job", number=job)["line"] == "Starting the server"
    krita_server.start()  # here, outside the host's root: Python lies there no better
    assert blotted.ask("settle", number=job)["phase"] == "DONE"


def test_without_an_installed_server_the_sentence_names_the_fix(
    blotted: Krita, krita_server: RunningServer, krita_home: Path
) -> None:
    krita_server.stop()
    (krita_home / "launch.json").unlink(missing_ok=True)
    with pytest.raises(RefusedError) as refused:
        blotted.ask("api", function="erase_selection")
    assert refused.value.code == "unreachable"
    assert refused.value.hint == "Run: python3 install.py install"
    assert blotted.ask("stack") == ["Ink"]


@pytest.mark.parametrize(("major", "sentence"), [("9", "plugin is of an older"), ("0", "server is of an older")])
def test_a_server_of_another_version_is_named_as_such(
    blotted: Krita, krita_server: RunningServer, krita_home: Path, major: str, sentence: str
) -> None:
    krita_server.stop()
    other = RunningServer(krita_home, environment={**PONDERING, **BUNDLED, "OVERPAINT_TEST_MAJOR": major})
    try:
        with pytest.raises(RefusedError) as refused:
            blotted.ask("api", function="erase_selection")
    finally:
        other.stop()
    assert refused.value.code == "version-mismatch"
    assert sentence in refused.value.sentence
    assert blotted.ask("stack") == ["Ink"]
    krita_server.start()
    assert blotted.ask("api", function="erase_selection") == ["Erased"]


def test_a_server_that_does_not_let_krita_in_is_named_as_such(
    blotted: Krita, krita_server: RunningServer, krita_home: Path
) -> None:
    krita_server.stop()
    other = RunningServer(krita_home, "--transport", "tcp", environment={**PONDERING, **BUNDLED})
    public, secret = (half.decode() for half in zmq.curve_keypair())
    write_connection(krita_home, replace(other.connection, client_public=public, client_secret=secret))
    try:
        with pytest.raises(RefusedError) as refused:
            blotted.ask("api", function="erase_selection")
    finally:
        other.stop()
    assert refused.value.code == "refused"
    assert blotted.ask("stack") == ["Ink"]


def test_a_server_that_dies_while_working_does_not_lose_the_edit(
    blotted: Krita, krita_server: RunningServer, krita_home: Path
) -> None:
    launch = {"command": ["/bin/sh", "-c", "exec sleep 60"], "environment": {}}
    (krita_home / "launch.json").write_text(json.dumps(launch))
    job = ponder(blotted, steps=30)
    blotted.ask("await_phase", phase="WORKING")
    krita_server.kill()
    krita_server.start()
    assert blotted.ask("settle", number=job)["phase"] == "DONE"
    assert blotted.ask("stack") == ["Ink", "Erased"]


def test_a_server_that_dies_while_the_layer_is_read_is_started_for_it(
    blotted: Krita, krita_server: RunningServer, krita_home: Path
) -> None:
    blotted.ask("await_server")
    blotted.ask("new_document", width=6000, height=6000)
    select(blotted, Rect(0, 0, 6000, 6000))
    asked = krita_home / "asked again"
    launch = {"command": ["/bin/sh", "-c", f"touch '{asked}'; exec sleep 60"], "environment": {}}
    (krita_home / "launch.json").write_text(json.dumps(launch))
    job = blotted.ask("begin", function="erase_selection", reading="visible")
    krita_server.kill()
    until(asked.exists, "Krita to start the server")
    assert blotted.ask("job", number=job)["phase"] == "STARTING"
    krita_server.start()
    assert blotted.ask("cancel", number=job)["phase"] == "CANCELLED"


def test_a_server_that_stands_still_for_a_while_does_not_lose_the_edit(
    blotted: Krita, krita_server: RunningServer
) -> None:
    job = ponder(blotted, steps=60)
    blotted.ask("await_phase", phase="WORKING")
    krita_server.process.send_signal(signal.SIGSTOP)
    time.sleep(5)
    krita_server.process.send_signal(signal.SIGCONT)
    assert blotted.ask("settle", number=job)["phase"] == "DONE"
    assert blotted.ask("stack") == ["Ink", "Erased"]


def test_an_edit_that_fails_says_so_and_the_next_one_works(blotted: Krita) -> None:
    job = ponder(blotted, prompt="raise", steps=1)
    failed = blotted.ask("settle", number=job)
    assert failed["phase"] == "FAILED"
    assert "Traceback" not in failed["line"]
    assert blotted.ask("api", function="erase_selection") == ["Erased"]


def test_a_cancelled_edit_ends_within_a_step(blotted: Krita) -> None:
    job = ponder(blotted, steps=500)
    blotted.ask("await_phase", phase="WORKING")
    assert blotted.ask("cancel", number=job)["phase"] == "CANCELLED"
    assert blotted.ask("stack") == ["Ink"]


def test_edits_begun_together_all_arrive_in_order(blotted: Krita) -> None:
    jobs = [ponder(blotted, steps=2, prompt=words) for words in ("one", "two", "three")]
    assert [blotted.ask("settle", number=job)["phase"] for job in jobs] == ["DONE"] * 3
    assert blotted.ask("stack") == ["Ink", "one", "two", "three"]  # each above the earlier ones


def test_an_answer_that_came_while_krita_was_gone_is_offered_again(
    blotted: Krita, host: Host, krita_display: Screen
) -> None:
    """It ends this Krita as a crash would."""
    mine = blotted.ask("job", number=ponder(blotted, steps=10))["id"]
    blotted.ask("await_phase", phase="WORKING", job_id=mine)
    blotted.process.kill()
    blotted.process.wait()
    with running.krita(host, krita_display, name="again") as again:
        again.ask("new_document", width=200, height=160)
        again.ask("show_docker")
        again.ask("await_server")
        again.ask("await_phase", phase="ORPHANED", job_id=mine)
        newest = again.ask("panel")["cards"][0]
        assert (newest["job"], newest["notice"]) == (mine, "An earlier edit is ready.")
        again.ask("click_put_here", job_id=mine)
        assert again.ask("stack") == ["Ink", "Erased"]
        assert (pixels(again, "Erased", Rect(76, 56, 38, 38))[..., 3] == 255).mean() > 0.8
