"""Messages that no client of ours sends: each is told to whoever sent it, or ends its session, and harms no other."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.listening.endpoint import Endpoint
from server.wire import codec, frames
from server.wire import messages as wire
from server.wire.errors import Code
from server.wire.messages import Channel
from tests.wire.bare_client import Wire, bare, failures, welcome


@pytest.mark.parametrize(
    "parts",
    [
        [b""],
        [b"", b"", b""],
        [codec.encode(wire.Cancel("j")), b"surplus"],
        [codec.encode(wire.Chunk("j", "layer", 0))],
        [codec.encode(wire.Chunk("j", "layer", 0)), b""],
        [codec.encode(wire.Chunk("j", "layer", 0)), b"a", b"b"],
        [codec.encode(wire.Progress("j", "s", 1, 2)), b"bytes"],
    ],
)
def test_frames_too_many_or_too_few_are_refused(client: Wire, parts: list[bytes]) -> None:
    client.greet()
    client.sockets[Channel.DATA].send_multipart(parts)
    client.settle(lambda: failures(client))
    assert failures(client)[0].code is Code.BAD_REQUEST
    assert client.events == []


def test_arbitrary_frames_harm_neither_the_server_nor_its_other_clients(home: Path) -> None:
    endpoint = Endpoint(home, welcome)
    with contextlib.closing(endpoint), bare(endpoint) as vandal, bare(endpoint) as other:
        vandal.connected()
        other.greet("other")

        @given(st.lists(st.binary(max_size=50), min_size=1, max_size=4))
        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        def throw(parts: list[bytes]) -> None:
            before = len(vandal.heard)
            vandal.sockets[Channel.DATA].send_multipart(parts)
            vandal.settle(lambda: len(vandal.heard) > before)
            assert isinstance(vandal.heard[-1], wire.Failed)

        throw()
        frames.send(other.sockets[Channel.CONTROL], wire.Ping(1))
        other.settle(lambda: wire.Pong(1) in other.heard)


@pytest.mark.parametrize(("channel", "nbytes"), [(Channel.DATA, 2 << 20), (Channel.CONTROL, 64 << 10)])
def test_a_frame_beyond_the_limit_ends_that_connection_only(client: Wire, channel: Channel, nbytes: int) -> None:
    client.greet()
    with bare(client.endpoint) as other:
        other.greet("other")
        client.sockets[channel].send_multipart([b"{}", bytes(nbytes)])
        client.settle(lambda: client.lines[channel].gone)
        frames.send(other.sockets[Channel.CONTROL], wire.Ping(2))
        other.settle(lambda: wire.Pong(2) in other.heard)


EVIL_HEADERS = {
    "wide letters in a key": {"type": "finished", "seconds": {"\U0001f600" * 15_000: "x"}},
    "a long key": {"type": "finished", "seconds": {"k" * 60_000: "x"}},
    "control characters": {"type": "cancel", "job": "\x00\x1b[2J\r\n" * 2_000},
    "a long id": {"type": "attach", "job": "j" * 60_000},
    "a long type": {"type": "t" * 60_000},
    "a wide type": {"type": "\U0001f600" * 10_000},
    "no number": {"type": "credit", "job": "j", "chunks": "9" * 60_000},
    "a huge number": {"type": "credit", "job": "j", "chunks": 10**4000},
    "a float without end": {"type": "estimated", "tuning_s": 1e308},
    "many blobs": {"type": "submit", "job": "j", "blobs": [{"name": "l"}] * 4_000},
}
EVIL_BYTES = {
    "not a number": b'{"type": "estimated", "tuning_s": NaN}',
    "infinite": b'{"type": "estimated", "tuning_s": 1e999}',
    "deep": b'{"type":' + b"[" * 65_000,
    "deep objects": b'{"a":' * 13_000,
    "half a letter": b'{"type": "cancel", "job": "\\ud83d"}',
    "twice": b'{"type": "ping", "type": "hello", "number": 1, "number": "x"}',
    "digits": b"1" * 65_000,
    "not utf-8": b'{"type": "cancel", "job": "\xff\xfe"}',
    "utf-16": '{"type": "ping", "number": 1}'.encode("utf-16"),
    "nothing": b"",
    "zeros": bytes(65_000),
    "too long": b'{"type": "welcome", "server": "' + b"x" * 200_000 + b'"}',
}
EVIL = {
    **{name: json.dumps(fields, ensure_ascii=False).encode() for name, fields in EVIL_HEADERS.items()},
    **EVIL_BYTES,
}


@pytest.mark.parametrize("header", EVIL.values(), ids=EVIL.keys())
@pytest.mark.parametrize("greeted", [False, True], ids=["before hello", "after"])
def test_what_is_wrong_with_a_message_is_said_in_few_words_that_quote_nothing(home: Path, header: bytes, greeted: bool):
    endpoint = Endpoint(home, welcome)
    with contextlib.closing(endpoint), bare(endpoint) as vandal:
        vandal.greet() if greeted else vandal.connected()
        vandal.sockets[Channel.DATA].send(header)
        vandal.settle(lambda: failures(vandal) or vandal.events)
        for failure in failures(vandal):
            words = failure.sentence + failure.hint
            assert len(words) < 300
            assert words.isprintable()
            assert not {"kk", "jj", "99", "tt", "\U0001f600"} & {words[at : at + 2] for at in range(len(words))}
            assert not any(ord(letter) > 0xFFFF for letter in words)


def test_a_message_of_very_many_frames_takes_turns_with_the_others(client: Wire) -> None:
    client.greet()
    with bare(client.endpoint) as vandal:
        vandal.greet("vandal")
        vandal.sockets[Channel.DATA].send_multipart([codec.encode(wire.ListJobs())] + [b""] * 100_000)
        time.sleep(0.5)
        longest = 0.0
        while not failures(vandal):
            began = time.thread_time()
            client.endpoint.poll(0.0)
            longest = max(longest, time.thread_time() - began)
            vandal.settle(lambda: True)
            for raw in iter(lambda: frames.receive(vandal.sockets[Channel.DATA], routed=False), None):
                vandal.heard.append(raw.message())
        assert longest < 0.03
        frames.send(client.sockets[Channel.CONTROL], wire.Ping(3))
        client.settle(lambda: wire.Pong(3) in client.heard)
        frames.send(vandal.sockets[Channel.CONTROL], wire.Ping(4))
        vandal.settle(lambda: wire.Pong(4) in vandal.heard)


def test_a_fault_of_ours_over_one_message_ends_that_session_and_no_other(home: Path, caplog):
    def unlucky() -> wire.Welcome:
        raise KeyError("what somebody typed")

    offers: list[Callable[[], wire.Welcome]] = [welcome, welcome, unlucky]
    endpoint = Endpoint(home, lambda: offers.pop(0)() if offers else welcome())
    with contextlib.closing(endpoint), bare(endpoint) as other, bare(endpoint) as unlucky_one:
        other.greet("other")
        unlucky_one.connected()
        frames.send(unlucky_one.sockets[Channel.DATA], wire.Hello(wire.PROTOCOL_MAJOR, 0, "me", "s", Channel.DATA))
        unlucky_one.settle(lambda: unlucky_one.lines[Channel.DATA].gone)
        assert [peer.session for peer in endpoint.peers] == ["other"]
        frames.send(other.sockets[Channel.CONTROL], wire.Ping(2))
        other.settle(lambda: wire.Pong(2) in other.heard)


def test_what_does_not_fit_into_its_frame_ends_that_session_and_no_other(client: Wire) -> None:
    client.greet()
    (peer,) = client.endpoint.peers
    assert not client.endpoint.send(peer, wire.Cancelled("j" * 100_000))
    assert client.endpoint.peers == ()
