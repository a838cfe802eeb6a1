"""Addresses as a person writes them, and as a socket takes them."""

from __future__ import annotations

import pytest

from server.wire.address import Address, of_this_machine, parse
from server.wire.errors import OverpaintError


@pytest.mark.parametrize(
    ("host", "number"), [("*", "*"), ("0.0.0.0", "*"), ("::", "::"), ("127.0.0.1", "127.0.0.1"), ("::1", "::1")]
)
def test_a_number_stays_what_it_is_and_all_addresses_are_a_star(host: str, number: str) -> None:
    assert Address(host, 80).resolved() == Address(number, 80)


def test_a_name_becomes_the_number_behind_it() -> None:
    assert Address("localhost", 80).resolved().host in ("127.0.0.1", "::1")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("studio", Address("studio")),
        ("studio:1", Address("studio", 1)),
        ("studio:65534", Address("studio", 65534)),
        ("fe80::1", Address("fe80::1")),
        ("[::]:99", Address("::", 99)),
    ],
)
def test_what_a_person_writes_is_a_host_and_perhaps_a_port(text: str, address: Address) -> None:
    assert parse(text) == address
    assert parse(str(address)) == address


@pytest.mark.parametrize("text", ["", ":80", "studio:0", "studio:65535", "studio:-1", "a b", "http://studio"])
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(OverpaintError) as refused:
        parse(text)
    assert "192.168" in refused.value.hint


def test_a_server_is_found_at_what_it_was_given() -> None:
    assert of_this_machine(Address("10.1.2.3", 99)) == (Address("10.1.2.3", 99),)
    assert all(found.port == 99 and found.host not in ("*", "::") for found in of_this_machine(Address("*", 99)))
