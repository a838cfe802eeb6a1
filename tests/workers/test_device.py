"""Which devices a worker finds on this machine."""

from __future__ import annotations

import pytest

from server.workers import device

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("wanted", ["auto", "cpu"])
def test_the_processor_is_always_among_them_and_comes_last(wanted: str) -> None:
    found = device.find(wanted)
    assert found.names[-1] == "cpu"
    assert found.title


def test_what_was_asked_for_is_what_is_named() -> None:
    assert device.find("cpu").title == "CPU"
