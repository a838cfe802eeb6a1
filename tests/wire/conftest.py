"""A server's end on real sockets, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.listening.endpoint import Endpoint
from server.wire.connection import Transport
from tests.wire.bare_client import Wire, bare, welcome


@pytest.fixture(params=[Transport.IPC, Transport.TCP])
def endpoint(request: pytest.FixtureRequest, home: Path) -> Iterator[Endpoint]:
    endpoint = Endpoint(home, welcome, request.param)
    yield endpoint
    endpoint.close()


@pytest.fixture
def client(endpoint: Endpoint) -> Iterator[Wire]:
    with bare(endpoint) as client:
        yield client
