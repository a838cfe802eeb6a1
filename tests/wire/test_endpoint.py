"""The server's end on real sockets: who gets in, who is told what, who is noticed to be gone."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

import pytest
import zmq

from server.listening import authorized
from server.listening.endpoint import Endpoint
from server.listening.peers import Gone, Peer, Received, TurnedOut
from server.listening.sessions import PeerSession
from server.wire import frames, keys, sockets
from server.wire import messages as wire
from server.wire.connection import Transport, read_connection, server_lives
from server.wire.errors import Code, OverpaintError
from server.wire.messages import Channel
from server.wire.sockets import KeyPair
from tests.wire.bare_client import PATIENCE_S, Wire, bare, failures, welcome


def test_a_greeting_on_each_socket_is_answered_with_welcome(client: Wire) -> None:
    client.greet()
    assert client.heard == [welcome(), welcome()]
    assert [peer.client for peer in client.endpoint.peers] == ["me"]


def test_messages_arrive_typed_with_their_sender_and_their_bytes(client: Wire) -> None:
    client.greet()
    pixels = os.urandom(wire.CHUNK_BYTES)
    frames.send(client.sockets[Channel.DATA], wire.Chunk("j", "layer", 0), pixels)
    client.settle(lambda: client.events)
    (received,) = client.events
    assert isinstance(received, Received)
    assert received.message == wire.Chunk("j", "layer", 0)
    assert received.payload == pixels
    assert received.peer.application == "test"


def test_what_the_server_sends_arrives_on_the_right_socket(client: Wire) -> None:
    client.greet()
    (peer,) = client.endpoint.peers
    assert client.endpoint.send(peer, wire.Progress("j", "Painting", 1, 2, None, 1, 1), b"rgb")
    assert client.endpoint.send(peer, wire.Cancelled("j"))
    client.settle(lambda: len(client.heard) == 4)
    assert {type(message) for message in client.heard[2:]} == {wire.Progress, wire.Cancelled}


def test_a_ping_is_answered_by_the_loop_and_not_shown_to_the_gateway(client: Wire) -> None:
    client.greet()
    frames.send(client.sockets[Channel.CONTROL], wire.Ping(5))
    client.settle(lambda: wire.Pong(5) in client.heard)
    assert client.events == []


@pytest.mark.parametrize(("major", "older"), [(wire.PROTOCOL_MAJOR + 1, "server"), (0, "plugin")])
def test_another_major_version_is_told_which_side_is_older(client: Wire, major: int, older: str) -> None:
    client.greet(major=major)
    assert [failure.code for failure in failures(client)] == [Code.VERSION_MISMATCH] * 2
    assert failures(client)[0].sentence.startswith(f"The {older} is of an older version")
    assert client.endpoint.peers == ()


def test_a_message_before_the_greeting_is_refused(client: Wire) -> None:
    client.connected()
    frames.send(client.sockets[Channel.DATA], wire.ListJobs())
    client.settle(lambda: client.heard)
    assert failures(client)[0].code is Code.UNREACHABLE
    assert client.events == []


def test_a_message_of_the_server_or_on_the_wrong_socket_is_refused(client: Wire) -> None:
    client.greet()
    frames.send(client.sockets[Channel.DATA], welcome())
    frames.send(client.sockets[Channel.DATA], wire.Cancel("j"))
    frames.send(client.sockets[Channel.CONTROL], wire.ListJobs())
    client.settle(lambda: len(failures(client)) == 3)
    assert {failure.code for failure in failures(client)} == {Code.BAD_REQUEST}
    assert client.events == []


def test_a_session_cannot_be_taken_over_from_another_connection(client: Wire) -> None:
    client.greet("mine")
    with bare(client.endpoint) as thief:
        thief.connected()
        frames.send(thief.sockets[Channel.DATA], wire.Hello(wire.PROTOCOL_MAJOR, 0, "me", "mine", Channel.DATA, "test"))
        thief.settle(lambda: thief.heard)
        assert failures(thief)[0].code is Code.BAD_REQUEST


def test_one_connection_is_one_session(client: Wire) -> None:
    client.greet("mine")
    frames.send(client.sockets[Channel.DATA], wire.Hello(wire.PROTOCOL_MAJOR, 0, "me", "second", Channel.DATA, "test"))
    client.settle(lambda: failures(client))
    assert [peer.session for peer in client.endpoint.peers] == ["mine"]


def test_a_second_hello_is_refused_for_each_costs_a_welcome(client: Wire) -> None:
    client.greet("mine")
    for _ in range(3):
        frames.send(
            client.sockets[Channel.DATA], wire.Hello(wire.PROTOCOL_MAJOR, 0, "me", "mine", Channel.DATA, "test")
        )
    client.settle(lambda: len(failures(client)) == 3)
    assert client.heard.count(welcome()) == 2
    assert [peer.session for peer in client.endpoint.peers] == ["mine"]


def test_a_session_silent_for_long_is_dropped_and_told_so_when_it_speaks_again(home: Path) -> None:
    with contextlib.closing(Endpoint(home, welcome, silent_after=0.2)) as endpoint, bare(endpoint) as client:
        client.greet()
        client.settle(lambda: any(isinstance(event, Gone) for event in client.events))
        frames.send(client.sockets[Channel.DATA], wire.ListJobs())
        client.settle(lambda: failures(client))
        assert failures(client)[0].code is Code.UNREACHABLE


def test_a_vanished_client_is_noticed_and_cannot_be_sent_to(client: Wire) -> None:
    client.greet()
    (peer,) = client.endpoint.peers
    client.close()
    events: list[Received | Gone] = []
    end = time.monotonic() + PATIENCE_S
    while not events:
        assert time.monotonic() < end
        events += client.endpoint.poll(0.05)
    assert events == [Gone(peer)]
    assert not client.endpoint.send(peer, wire.Pong(1))


def test_a_client_that_does_not_read_costs_a_bounded_queue_and_is_dropped(client: Wire) -> None:
    client.greet()
    (peer,) = client.endpoint.peers
    pixels = bytes(64 << 10)
    sent = 0
    while client.endpoint.send(peer, wire.Chunk("j", "result-0", 0), pixels):
        sent += 1
        assert sent < 3000
    assert Gone(peer) in client.endpoint.poll(0)


def test_a_client_beyond_its_credit_is_stopped_by_the_socket(client: Wire) -> None:
    client.greet()
    data, sent = client.sockets[Channel.DATA], 0
    with contextlib.suppress(zmq.Again):
        while sent < 2000:
            frames.send(data, wire.Chunk("j", "layer", 0), bytes(wire.CHUNK_BYTES))
            sent += 1
    assert sent < 400  # both queues and the kernel's buffers, while the server reads nothing


def test_a_client_that_hangs_up_with_a_full_queue_takes_nobody_with_it(endpoint: Endpoint) -> None:
    for _ in range(3):
        with bare(endpoint) as vandal:
            vandal.greet()
            with contextlib.suppress(zmq.Again):
                for _ in range(2000):
                    frames.send(vandal.sockets[Channel.DATA], wire.ListJobs())
            time.sleep(0.6)  # while nothing is read here
    with bare(endpoint) as other:
        other.greet("other")


def test_a_second_server_for_the_same_home_refuses_and_the_first_goes_on(client: Wire, home: Path) -> None:
    with pytest.raises(OverpaintError) as raised:
        Endpoint(home, welcome)
    assert raised.value.code is Code.BUSY
    assert read_connection(home / "connection.json") == client.endpoint.connection
    client.greet()


def test_the_connection_file_and_the_sockets_are_gone_after_the_server(home: Path) -> None:
    endpoint = Endpoint(home, welcome)
    endpoint.close()
    assert not (home / "connection.json").exists()
    assert not list((home / "sockets").iterdir())
    Endpoint(home, welcome).close()


def test_a_watched_socket_is_part_of_the_loop(endpoint: Endpoint) -> None:
    pull, push = endpoint.context.socket(zmq.PULL), endpoint.context.socket(zmq.PUSH)
    pull.bind("inproc://worker")
    push.connect("inproc://worker")
    heard: list[bytes] = []
    endpoint.watch(pull, lambda: heard.append(pull.recv(zmq.NOBLOCK)))
    push.send(b"step")
    endpoint.poll(1.0)
    assert heard == [b"step"]
    endpoint.unwatch(pull)
    push.send(b"step")
    endpoint.poll(0.0)
    assert heard == [b"step"]


def test_over_tcp_a_key_that_is_not_admitted_is_refused_and_the_client_can_tell(home: Path) -> None:
    endpoint = Endpoint(home, welcome, Transport.TCP)
    stranger = KeyPair(*(half.decode() for half in zmq.curve_keypair()))
    with contextlib.closing(endpoint), bare(endpoint, stranger) as client:
        client.settle(lambda: all(line.refused for line in client.lines.values()))
        assert endpoint.peers == ()
        authorized.let_in(home, "laptop", stranger.public)
        with bare(endpoint, stranger) as admitted:
            admitted.greet()
            assert admitted.heard[0] == welcome()


def test_over_tcp_a_connection_without_keys_never_gets_a_word_in(home: Path) -> None:
    endpoint = Endpoint(home, welcome, Transport.TCP)
    context = sockets.new_context()
    with contextlib.closing(endpoint):
        plain = sockets.client_socket(context, None, None)
        line = sockets.ConnectionMonitor(plain)
        plain.connect(endpoint.connection.control)
        end = time.monotonic() + PATIENCE_S
        while not (line.refused or line.gone):
            assert time.monotonic() < end
            assert endpoint.poll(0.01) == []
            line.update()
        assert not line.open
        line.close()
    context.destroy(linger=0)


def test_a_client_reaches_an_address_of_either_kind() -> None:
    context = sockets.new_context()
    try:
        for address in ("tcp://127.0.0.1", "tcp://[::1]"):
            server = sockets.server_socket(context, None)
            server.setsockopt(zmq.IPV6, 1)
            try:
                endpoint = f"{address}:{server.bind_to_random_port(address)}"
            except zmq.ZMQError as error:
                pytest.skip(f"this machine has no {address}: {error}")
            client = sockets.client_socket(context, None, None)
            sockets.connect(client, endpoint)
            assert client.poll(round(1000 * PATIENCE_S), zmq.POLLOUT)
    finally:
        context.destroy(linger=0)


def connected_as(endpoint: Endpoint, name: bytes) -> Wire:
    """A client that chooses its routing id."""
    return Wire(endpoint.connection, endpoint, routing_id=name)


def test_who_takes_the_routing_id_of_one_that_left_gets_neither_its_session_nor_what_is_sent_to_it(endpoint: Endpoint):
    left = connected_as(endpoint, b"chosen")
    left.greet("left")
    (peer,) = endpoint.peers
    left.close()
    for _ in range(20):  # a name is free once ZeroMQ has noticed; that the session is over shows later, by a probe
        endpoint.poll(0.01)
    assert endpoint.peers == (peer,)
    with contextlib.closing(connected_as(endpoint, b"chosen")) as thief:
        thief.connected()
        for channel, message in ((Channel.DATA, wire.ListJobs()), (Channel.CONTROL, wire.Cancel("j"))):
            frames.send(thief.sockets[channel], message)
        thief.settle(lambda: len(failures(thief)) == 2)
        assert {failure.code for failure in failures(thief)} == {Code.UNREACHABLE}
        assert not [event for event in thief.events if isinstance(event, Received)]
        assert not endpoint.send(peer, wire.Cancelled("j"))
        assert not endpoint.send(peer, wire.Chunk("j", "result-0", 0), b"secret pixels")
        thief.heard.clear()
        thief.greet("thief")
        assert [one.session for one in endpoint.peers] == ["thief"]
        assert endpoint.send(endpoint.peers[0], wire.Cancelled("mine"))
        thief.settle(lambda: wire.Cancelled("mine") in thief.heard)


def test_what_was_said_before_hanging_up_is_still_heard(client: Wire) -> None:
    client.greet()
    frames.send(client.sockets[Channel.DATA], wire.Acknowledge("j"))
    time.sleep(0.2)
    client.close()
    events: list[Received | Gone] = []
    end = time.monotonic() + PATIENCE_S
    while not any(isinstance(event, Gone) for event in events):
        assert time.monotonic() < end
        events += client.endpoint.poll(0.05)
    assert [event.message for event in events if isinstance(event, Received)] == [wire.Acknowledge("j")]


def test_both_sockets_of_a_session_are_of_one_key(home: Path) -> None:
    endpoint = Endpoint(home, welcome, Transport.TCP)
    one, other = keys.new_pair(), keys.new_pair()
    authorized.let_in(home, "one", one.public)
    authorized.let_in(home, "other", other.public)
    with contextlib.closing(endpoint), bare(endpoint, one) as first, bare(endpoint, other) as second:
        for client, channel in ((first, Channel.DATA), (second, Channel.CONTROL)):
            client.connected()
            frames.send(client.sockets[channel], wire.Hello(wire.PROTOCOL_MAJOR, 0, "me", "shared", channel, "test"))
            client.settle(lambda client=client: client.heard)
        assert failures(second)[0].code is Code.BAD_REQUEST


def test_one_machine_has_so_many_sessions_and_leaves_room_for_others(home: Path) -> None:
    endpoint = Endpoint(home, welcome, Transport.TCP, most_of_one=2)
    pair = keys.new_pair()
    authorized.let_in(home, "laptop", pair.public)
    with contextlib.ExitStack() as stack:
        stack.callback(endpoint.close)
        clients = [stack.enter_context(bare(endpoint, pair)) for _ in range(3)]
        for number, client in enumerate(clients):
            client.greet(f"s{number}")
        assert {failure.code for failure in failures(clients[2])} == {Code.BUSY}
        own = stack.enter_context(bare(endpoint))
        own.greet("own")
        assert len(endpoint) == 3


def test_while_the_list_of_guests_cannot_be_read_they_are_out_and_own_hosts_stay(home: Path) -> None:
    endpoint = Endpoint(home, welcome, Transport.TCP)
    pair = keys.new_pair()
    authorized.let_in(home, "laptop", pair.public)
    with contextlib.closing(endpoint), bare(endpoint, pair) as guest, bare(endpoint) as own:
        own.greet("own")
        guest.greet("guest")
        authorized.guests_file(home).unlink()
        authorized.guests_file(home).mkdir()
        guest.settle(lambda: all(line.gone for line in guest.lines.values()))
        assert [peer.session for peer in endpoint.peers] == ["own"]
        assert not [event for event in guest.events if isinstance(event, TurnedOut)]


def test_what_is_removed_under_a_living_server_comes_back(client: Wire, home: Path) -> None:
    client.greet()
    (home / "connection.json").unlink()
    (home / "server.lock").unlink()
    client.settle(lambda: (home / "connection.json").exists() and (home / "server.lock").exists())
    assert server_lives(home)
    shutil.rmtree(home / "sockets", ignore_errors=True)
    shutil.rmtree(home / "keys", ignore_errors=True)
    before = client.endpoint.connection
    is_ipc = before.data.startswith("ipc")
    client.settle(
        lambda: (client.endpoint.connection != before) if is_ipc else (home / "keys" / "server.json").exists()
    )
    with contextlib.closing(Wire(read_connection(home / "connection.json"), client.endpoint)) as later:
        later.greet("later")
    frames.send(client.sockets[Channel.CONTROL], wire.Ping(2))
    client.settle(lambda: wire.Pong(2) in client.heard)


def test_a_thousand_sessions_are_looked_after_in_portions(home: Path) -> None:
    with contextlib.closing(Endpoint(home, welcome)) as endpoint:
        for number in range(1000):
            peer = Peer(f"s{number}", "me", "test")
            endpoint._lines._by_session[peer.session] = PeerSession(peer, heard=time.monotonic() - 60)
        longest = 0.0
        for _ in range(100):
            began = time.thread_time()
            endpoint.poll(0.0)
            longest = max(longest, time.thread_time() - began)
        assert longest < 0.02


def test_a_machine_that_was_turned_out_before_it_said_hello_gets_no_word_in(home: Path) -> None:
    endpoint = Endpoint(home, welcome, Transport.TCP)
    pair = keys.new_pair()
    authorized.let_in(home, "laptop", pair.public)
    with contextlib.closing(endpoint), bare(endpoint, pair) as guest:
        guest.connected()
        authorized.turn_out(home, "laptop")
        for channel in Channel:
            frames.send(guest.sockets[channel], wire.Hello(wire.PROTOCOL_MAJOR, 0, "me", "s", channel, "test"))
        guest.settle(lambda: all(line.gone for line in guest.lines.values()))
        assert guest.heard == []
        assert not endpoint.peers
