"""The pollable client against a server process: it never waits, and it says what went wrong."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
import zmq

from server.client import events
from server.client.session import POLL_BUDGET_S, Session
from server.client.submission import Submission
from server.wire import messages as wire
from server.wire.connection import ConnectionFile, read_connection
from server.wire.errors import Code, OverpaintError

from .conftest import CHECKOUT, PATIENCE_S, EchoProcess, collect, submission, wait_for

Echo = Callable[..., EchoProcess]
LARGE = 2048


@pytest.mark.parametrize("transport", ["ipc", "tcp"])
def test_pixels_and_mask_come_back_bit_for_bit(echo: Echo, transport: str) -> None:
    session = echo(transport).session()
    sent = submission(side=700)
    session.start(sent)
    arrived = wait_for(session, events.Arrived)
    assert isinstance(arrived, events.Arrived)
    assert sent.mask is not None
    assert [layer.data for layer in arrived.results] == [sent.pixels, sent.mask.data]
    assert arrived.finished.results[0].raster == sent.layer
    assert not session.busy
    session.close()


def test_events_come_in_the_order_of_a_job(echo: Echo) -> None:
    session = echo().session()
    session.start(submission(side=LARGE))
    happened = collect(session, lambda events_: any(isinstance(event, events.Arrived) for event in events_))
    kinds = list(dict.fromkeys(type(event) for event in happened))
    # The data socket may be welcomed, and begin, before the control socket completes the session's welcome.
    assert set(kinds[:2]) == {events.Welcomed, events.Uploading}
    assert kinds[2:] == [events.Downloading, events.Arrived]
    fractions = [event.fraction for event in happened if isinstance(event, events.Uploading)]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    session.close()


def test_two_jobs_at_once_both_arrive(echo: Echo) -> None:
    session = echo().session()
    first, second = submission(300, seed=1), submission(400, seed=2)
    session.start(first)
    session.start(second)
    happened = collect(session, lambda all_: sum(isinstance(event, events.Arrived) for event in all_) == 2)
    arrived = {event.job: event for event in happened if isinstance(event, events.Arrived)}
    assert arrived[first.job].results[0].data == first.pixels
    assert arrived[second.job].results[0].data == second.pixels
    session.close()


def test_submitting_again_is_the_same_job(echo: Echo) -> None:
    session = echo().session()
    sent = submission(200)
    session.start(sent)
    wait_for(session, events.Arrived)
    session.start(sent)
    arrived = wait_for(session, events.Arrived)
    assert isinstance(arrived, events.Arrived)
    assert arrived.results[0].data == sent.pixels
    session.list_jobs()
    listed = wait_for(session, events.Listed)
    assert isinstance(listed, events.Listed)
    assert [line.job for line in listed.jobs] == [sent.job]
    session.close()


def test_an_acknowledged_job_is_forgotten(echo: Echo) -> None:
    session = echo().session()
    job = session.start(submission())
    wait_for(session, events.Arrived)
    session.acknowledge(job)
    assert wait_for(session, events.Acknowledged) == events.Acknowledged(job)
    session.attach(job)
    failed = wait_for(session, events.EditFailed)
    assert isinstance(failed, events.EditFailed)
    assert failed.error.code is Code.UNKNOWN_JOB
    session.close()


def test_memory_given_back_serves_the_next_answer(echo: Echo) -> None:
    session = echo().session()
    session.start(submission(300, seed=1))
    first = wait_for(session, events.Arrived)
    assert isinstance(first, events.Arrived)
    memory = first.results[0].data.obj
    session.reuse(first)
    session.start(submission(300, seed=2))
    second = wait_for(session, events.Arrived)
    assert isinstance(second, events.Arrived)
    assert second.results[0].data.obj is memory
    session.close()


def test_cancel_during_an_upload_stops_the_sending_and_leaves_the_session_usable(echo: Echo) -> None:
    session = echo().session()
    job = session.start(submission(side=LARGE))
    happened = collect(session, lambda all_: any(isinstance(event, events.Uploading) for event in all_))
    session.cancel(job)
    happened += collect(session, lambda all_: any(isinstance(event, events.Cancelled) for event in all_))
    assert not any(isinstance(event, events.Arrived) for event in happened)
    assert not session.busy
    again = submission(100)
    session.start(again)
    assert isinstance(wait_for(session, events.Arrived), events.Arrived)
    session.close()


def test_one_poll_moves_a_slice_of_a_large_upload_only(echo: Echo) -> None:
    session = echo().session()
    wait_for(session, events.Welcomed)
    session.start(submission(side=LARGE))
    fractions = []
    while not fractions or fractions[-1] < 1.0:
        session.wait(0.05)
        happened = session.poll(budget=0.0)
        fractions += [event.fraction for event in happened if isinstance(event, events.Uploading)]
    steps = [after - before for before, after in itertools.pairwise(fractions)]
    assert max(steps) <= 1.01 * wire.CHUNK_BYTES / submission(side=LARGE).nbytes
    assert POLL_BUDGET_S <= 0.010
    session.close()


def test_an_event_loop_that_only_watches_the_descriptors_hears_everything(echo: Echo) -> None:
    session = echo().session()
    poller = zmq.Poller()
    for descriptor in session.filenos():
        poller.register(descriptor, zmq.POLLIN)
    session.start(submission(side=1024))
    happened = session.poll()
    end = time.monotonic() + 30
    while not any(isinstance(event, events.Arrived) for event in happened):
        assert time.monotonic() < end
        if not session.pending:
            poller.poll(500)
        happened += session.poll()
    session.close()


# --- what can go wrong -------------------------------------------------------------------------


def lost(session: Session) -> OverpaintError:
    event = wait_for(session, events.ServerLost)
    assert isinstance(event, events.ServerLost)
    assert session.poll() == []
    return event.error


def test_a_killed_server_is_noticed_by_its_closed_socket(echo: Echo) -> None:
    server = echo()
    session = server.session()
    wait_for(session, events.Welcomed)
    server.kill()
    error = lost(session)
    assert error.code is Code.UNREACHABLE
    assert error.sentence == "The server has stopped."
    session.close()


@pytest.mark.parametrize("transport", ["ipc", "tcp"])
def test_a_frozen_server_is_noticed(echo: Echo, transport: str) -> None:
    server = echo(transport)
    session = server.session()
    wait_for(session, events.Welcomed)
    server.freeze()
    assert lost(session).code in (Code.HUNG, Code.UNREACHABLE)
    session.close()


def test_a_server_whose_loop_hangs_is_noticed_although_its_sockets_live(echo: Echo) -> None:
    session = echo("ipc", "--hang-after", "0.5").session()
    wait_for(session, events.Welcomed)
    error = lost(session)
    assert error.code is Code.HUNG
    assert "does not answer" in error.sentence
    session.close()


def test_a_host_that_was_busy_itself_does_not_blame_the_server(echo: Echo) -> None:
    session = echo().session()
    wait_for(session, events.Welcomed)
    time.sleep(3.5)  # a host converting a large document
    for _ in range(10):
        assert session.poll() == []
        session.wait(0.05)
    session.start(submission())
    wait_for(session, events.Arrived)
    session.close()


def test_a_host_that_forgets_to_close_a_session_does_not_hang(echo: Echo) -> None:
    script = (
        "import gc, sys; from pathlib import Path\n"
        "from server.client.session import Session; from server.wire.connection import read_connection\n"
        "session = Session(read_connection(Path(sys.argv[1])), 'me')\n"
        "session.wait(1.0); session.poll()\n"
        "session.itself = session; del session; gc.collect(); print('collected')"
    )
    arguments = [sys.executable, "-c", script, str(echo().home / "connection.json")]
    done = subprocess.run(arguments, cwd=CHECKOUT, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    assert done.stdout == "collected\n"


def test_nobody_there_is_unreachable() -> None:
    session = Session(ConnectionFile(1, 0, 1, "ipc:///tmp/overpaint-none-d", "ipc:///tmp/overpaint-none-c"), "me")
    error = lost(session)
    assert error.code is Code.UNREACHABLE
    assert "install.py doctor" in error.hint
    session.close()


def test_a_key_that_is_not_admitted_is_a_refusal(echo: Echo) -> None:
    server = echo("tcp")
    good = read_connection(server.home / "connection.json")
    assert good is not None
    public, secret = (half.decode() for half in zmq.curve_keypair())
    stranger = ConnectionFile(1, 0, good.pid, good.data, good.control, good.server_key, public, secret)
    session = Session(stranger, "me")
    assert lost(session).code is Code.REFUSED
    session.close()


def test_a_wrong_server_key_is_an_error_and_not_silence(echo: Echo) -> None:
    server = echo("tcp")
    good = read_connection(server.home / "connection.json")
    assert good is not None
    other = zmq.curve_keypair()[0].decode()
    wrong = ConnectionFile(1, 0, good.pid, good.data, good.control, other, good.client_public, good.client_secret)
    session = Session(wrong, "me")
    assert lost(session).code in (Code.REFUSED, Code.UNREACHABLE)
    session.close()


def test_another_major_version_is_worded(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    server = echo()
    monkeypatch.setattr(wire, "PROTOCOL_MAJOR", 9)
    session = server.session()
    error = lost(session)
    assert error.code is Code.VERSION_MISMATCH
    assert "server is of an older version" in error.sentence
    session.close()


def test_an_upload_broken_off_by_a_lost_session_goes_on_in_the_next(echo: Echo) -> None:
    server = echo()
    sent = submission(side=LARGE)
    first = server.session()
    first.start(sent)
    # The server has what has left but for a window of eight of sixteen chunks.
    while not any(isinstance(event, events.Uploading) and event.fraction > 0.75 for event in first.poll(0.0)):
        first.wait(0.05)
    first.close()
    second = server.session()
    second.start(sent)
    happened = collect(second, lambda all_: any(isinstance(event, events.Arrived) for event in all_))
    uploading = [event.fraction for event in happened if isinstance(event, events.Uploading)]
    assert uploading[0] > 0.2
    arrived = happened[-1]
    assert isinstance(arrived, events.Arrived)
    assert arrived.results[0].data == sent.pixels
    second.close()


def test_what_the_server_would_refuse_is_refused_before_anything_is_sent(echo: Echo) -> None:
    session = echo().session()
    whole = submission(64)
    wrong = Submission(whole.recipe, whole.layer, os.urandom(10))
    with pytest.raises(OverpaintError):
        session.start(wrong)
    assert not session.busy
    session.close()
