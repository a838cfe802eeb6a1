"""Floods, over real sockets, at a real gateway in its own process: its memory stays flat and its clients are served."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import zmq

from server.client.submission import Submission
from server.journal import RESULT, Journal
from server.listening import authorized
from server.wire import codec, frames, keys, sockets
from server.wire import messages as wire
from server.wire.geometry import Bounds
from server.wire.results import ResultBlob, ResultKind
from tests.cli.test_guests import free_port
from tests.conftest import short_folder
from tests.running import PONDERING, Client, RunningServer, submission, until

GREETING = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\x00CURVE" + bytes(15) + b"\x00" + bytes(31)
FLAT = 32 << 20
"""Bytes by which a server's memory may grow; each flood here announces or sends far more."""


ANSWERED = submission("ponder", 64, 64)


def leave_answer(home: Path, job: Submission, side: int = 2048) -> None:
    """As an earlier server left it: an answer of 16 MiB that its client "slow" has not fetched."""
    journal = Journal(home)
    journal.add("slow", job.message())
    journal.make("slow", job.message())
    journal.settle()
    raster = replace(job.layer, bounds=Bounds(0, 0, side, side))
    (journal.folder(job.job) / "result-0").write_bytes(bytes(raster.nbytes))
    finished = wire.Finished(
        job.job, job.recipe, raster.bounds, (ResultBlob(ResultKind.REPAINT, "result-0", raster, 1),)
    )
    (journal.folder(job.job) / RESULT).write_text(codec.to_text(finished))
    journal.close()


@pytest.fixture(scope="module")
def studio() -> Iterator[tuple[RunningServer, int]]:
    with short_folder() as folder:
        port = free_port()
        leave_answer(folder, ANSWERED)
        running = RunningServer(folder, "--listen", f"127.0.0.1:{port}", environment=PONDERING)
        yield running, port
        assert running.stop() == 0


def memory(server: RunningServer) -> int:
    return psutil.Process(server.process.pid).memory_info().rss


def is_served(server: RunningServer) -> None:
    with server.client("after") as client:
        assert client.run(submission("ponder", steps=1)).results


def connections(server: RunningServer) -> int:
    return sum(one.status == "ESTABLISHED" for one in psutil.Process(server.process.pid).net_connections("tcp"))


def local_connections(server: RunningServer) -> int:
    return len(psutil.Process(server.process.pid).net_connections("unix"))


def test_a_flood_of_connections_is_cut_at_the_limit_and_this_users_hosts_notice_nothing(studio):
    server, port = studio
    before = memory(server)
    with server.client("during") as mine, contextlib.ExitStack() as open_ones:
        for _ in range(700):
            with contextlib.suppress(OSError):
                open_ones.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
        mine.run(submission("ponder", steps=1))
        until(lambda: connections(server) <= 256, "the server to cut those beyond its limit")
    until(lambda: connections(server) == 0, "the flood to be over")
    assert memory(server) - before < FLAT
    is_served(server)


@pytest.mark.skipif(os.name != "posix", reason="descriptors")
def test_bursts_of_strangers_at_a_small_limit_leave_room_for_this_users_hosts():
    with short_folder() as folder:
        port = free_port()
        server = RunningServer(folder, "--listen", f"127.0.0.1:{port}", environment=PONDERING, descriptors=512)
        process = psutil.Process(server.process.pid)
        most = 0
        for _ in range(3):
            with contextlib.ExitStack() as burst:
                for number in range(600):
                    one = burst.enter_context(socket.socket())
                    one.setblocking(False)
                    one.connect_ex(("127.0.0.1", port + number % 2))
                with server.client("mine") as mine:
                    mine.run(submission("muse", steps=1))
                most = max(most, process.num_fds())
        is_served(server)
        assert most < 400
        assert server.stop() == 0


def test_half_open_handshakes_are_ended_after_a_moment(studio):
    server, port = studio
    with contextlib.ExitStack() as open_ones:
        halves = [open_ones.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20)) for _ in range(50)]
        for half in halves:
            half.sendall(GREETING)
        for half in halves:
            while half.recv(1 << 12):  # until the server hangs up; else the time limit of this socket raises
                pass
    is_served(server)


def test_giant_announcements_cost_nothing_and_end_the_connection(studio):
    server, port = studio
    before = memory(server)
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as giant:
            giant.sendall(GREETING)
            giant.sendall(b"\x06" + struct.pack(">Q", 1 << 40) + bytes(1 << 10))
            with contextlib.suppress(ConnectionError):
                while giant.recv(1 << 12):
                    pass
    assert memory(server) - before < FLAT
    is_served(server)


@pytest.mark.skipif(os.name != "posix", reason="ipc")
def test_connections_that_never_say_hello_are_cut(studio):
    server, _ = studio
    path = server.connection.data.removeprefix("ipc://")
    with contextlib.ExitStack() as open_ones:
        silent = [open_ones.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(40)]
        for one in silent:
            one.settimeout(40)
            one.connect(path)
            one.sendall(GREETING.replace(b"CURVE", b"NULL\0"))
        for one in silent:
            with contextlib.suppress(ConnectionError):
                while one.recv(1 << 12):
                    pass
    is_served(server)


def test_a_reader_that_grants_credit_and_reads_nothing_holds_no_memory_and_is_cut(studio):
    server, _ = studio
    job = ANSWERED
    context = zmq.Context()
    liar = sockets.client_socket(context, None, None)
    liar.setsockopt(zmq.RCVHWM, 1)
    line = sockets.ConnectionMonitor(liar)
    liar.connect(server.connection.data)
    until(lambda: line.update() or line.open, "the connection")
    before = memory(server)
    with_liar = local_connections(server)
    frames.send(liar, wire.Hello(wire.PROTOCOL_MAJOR, 0, "slow", "liar", wire.Channel.DATA))

    def ask_for_more() -> bool:
        with contextlib.suppress(zmq.Again):
            frames.send(liar, wire.Fetch(job.job, "result-0"))
            frames.send(liar, wire.Credit(job.job, 8))
        return local_connections(server) < with_liar

    until(ask_for_more, "the server to cut it")
    assert memory(server) - before < 2 * FLAT
    line.close()
    context.destroy(linger=0)
    is_served(server)


def test_more_parts_than_anybody_takes_home_at_once_are_refused(studio):
    server, _ = studio
    client = Client(server.connection, "slow")
    for _ in range(100):
        client.session._say(wire.Fetch(ANSWERED.job, "result-0"))
    heard: list[wire.Failed] = []
    client.session._handle_job = lambda message, payload: (  # type: ignore[method-assign]
        heard.append(message) if isinstance(message, wire.Failed) else None
    )
    until(lambda: client.session.wait(0.05) or client.session.poll() is None or heard, "a refusal")
    assert "at once" in heard[0].sentence
    client.close()


def test_a_message_that_never_ends_is_cut_and_the_server_lives(studio):
    server, port = studio
    pair = keys.new_pair()
    authorized.let_in(server.home, "endless", pair.public)
    context = zmq.Context()
    endless = sockets.client_socket(context, pair, keys.server_keys(server.home).public)
    line = sockets.ConnectionMonitor(endless)
    endless.connect(f"tcp://127.0.0.1:{port}")
    until(lambda: line.update() or line.open, "the connection")
    block = bytes(1 << 20)
    endless.send_multipart([block] * 2500, copy=False)  # libzmq hands a message out when its last frame has come
    until(lambda: line.update() or line.gone, "the server to cut it")
    is_served(server)
    assert memory(server) < 2 << 30
    line.close()
    context.destroy(linger=0)
