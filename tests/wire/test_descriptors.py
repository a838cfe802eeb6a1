"""How many may come, where the system gives few descriptors and where it gives many."""

from __future__ import annotations

import pytest

from server.listening.descriptors import RESERVED, shared


@pytest.mark.parametrize("limit", [0, 100, 200, 256, 512, 1024, 4096, 20_000, 65_536])
def test_all_that_may_come_at_once_have_descriptors_and_the_server_keeps_its_own(limit: int):
    shares = shared(limit, 1024, 256)
    assert 2 * shares.sessions + 2 * 3 * shares.visits <= max(0, limit - RESERVED)
    assert shares.sessions >= shares.visits >= 0


def test_a_thousand_sessions_are_had_where_the_system_allows_them():
    assert shared(4096, 1024, 256).sessions == 1024
    assert shared(4096, 1024, 0).sessions == 1024
    assert shared(1024, 1024, 256).sessions > 200
