"""Strangers at the door: never more inside than there is room for, and whoever belongs here gets in all the same."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from server.listening.tcp_proxy import TcpProxy
from server.wire.address import Address
from tests.cli.test_guests import free_port
from tests.running import until

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="on Windows others come in directly")

MOST = 4
LETTER = bytes(2000)


class Inside:
    """A host that says LETTER to everybody who says a word first, and remembers how many were here at once."""

    def __init__(self, path: Path) -> None:
        self.most = self.here = 0
        self._lock = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(100)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                guest, _ = self._listener.accept()
                threading.Thread(target=self._entertain, args=[guest], daemon=True).start()

    def _entertain(self, guest: socket.socket) -> None:
        with self._lock:
            self.here += 1
            self.most = max(self.most, self.here)
        with guest, contextlib.suppress(OSError):
            while word := guest.recv(1 << 16):
                guest.sendall(LETTER if word == b"hello" else word)
        with self._lock:
            self.here -= 1

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def inside(home: Path) -> Iterator[Inside]:
    inside = Inside(home / "n")
    yield inside
    inside.close()


@pytest.fixture
def port(home: Path, inside: Inside) -> Iterator[int]:
    number = free_port()
    proxy = TcpProxy(Address("127.0.0.1", number), home / "n", MOST)
    yield number
    proxy.close()


def knock(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def hears(guest: socket.socket, count: int) -> bytes:
    heard = b""
    while len(heard) < count and (piece := guest.recv(1 << 16)):
        heard += piece
    return heard


def descriptors() -> int:
    return psutil.Process().num_fds()


def test_what_is_said_passes_both_ways_unchanged_in_any_size(port: int):
    words = os.urandom(3 << 20)
    with knock(port) as guest:
        threading.Thread(target=guest.sendall, args=[words], daemon=True).start()
        assert hears(guest, len(words)) == words


def test_when_one_side_hangs_up_so_does_the_other(port: int, inside: Inside):
    with knock(port) as guest:
        guest.sendall(b"hello")
        hears(guest, len(LETTER))
        assert inside.here == 1
    until(lambda: inside.here == 0, "the inside to hear of it")


def test_a_burst_never_has_more_inside_than_there_is_room_for(port: int, inside: Inside):
    before = descriptors()
    with contextlib.ExitStack() as crowd:
        for _ in range(300):
            one = crowd.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        until(lambda: inside.most >= MOST, "the first to be in")
        time.sleep(0.5)
    until(lambda: inside.here == 0, "all to be gone")
    assert inside.most <= MOST + 2  # the last ones' leaving is noticed inside a moment later
    until(lambda: descriptors() <= before, "every descriptor to be given back")


def test_who_was_let_in_stays_and_the_stranger_who_waits_longest_makes_room(port: int):
    with knock(port) as friend, contextlib.ExitStack() as crowd:
        friend.sendall(b"hello")
        assert hears(friend, len(LETTER)) == LETTER
        strangers = [crowd.enter_context(knock(port)) for _ in range(20)]
        assert strangers[0].recv(1) == b""
        with knock(port) as late:
            late.sendall(b"hello")
            assert hears(late, len(LETTER)) == LETTER
        friend.sendall(b"still here")
        assert hears(friend, 10) == b"still here"


def test_when_all_inside_were_let_in_a_further_one_is_turned_away(port: int):
    with contextlib.ExitStack() as friends:
        for _ in range(MOST):
            friend = friends.enter_context(knock(port))
            friend.sendall(b"hello")
            hears(friend, len(LETTER))
        with knock(port) as late, contextlib.suppress(ConnectionError):
            assert late.recv(1) == b""


def test_nobody_inside_is_a_connection_that_ends(home: Path):
    number = free_port()
    proxy = TcpProxy(Address("127.0.0.1", number), home / "nobody", MOST)
    for _ in range(2 * MOST):
        with knock(number) as guest, contextlib.suppress(ConnectionError):
            assert guest.recv(1) == b""
    proxy.close()
    with pytest.raises(OSError, match="refused"):
        knock(number)


def test_a_porch_that_was_closed_holds_nothing_open(home: Path):
    process = psutil.Process()
    before = process.num_fds()
    proxies = [TcpProxy(Address("127.0.0.1", free_port()), home / "nobody", MOST) for _ in range(3)]
    for proxy in proxies:
        proxy.close()
    assert process.num_fds() <= before
