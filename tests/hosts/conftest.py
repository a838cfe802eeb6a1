"""Real GIMP and Krita for the tests below this folder.

``OVERPAINT_HOST_SUITE``: where they come from: "trixie" (GIMP 3.0, Krita 5.2), "forky" (3.2 and 5.3), or "krita6"
(Krita 6.0 alone, of Debian's experimental).
``OVERPAINT_REQUIRE_HOSTS=1``: no host to be had is a failure, not a skip.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hosts.host import Host, opened
from tests.hosts.rootfs import HostUnavailableError
from tests.hosts.screen import Screen, screen

SUITE = os.environ.get("OVERPAINT_HOST_SUITE", "trixie")
REPOSITORY = Path(__file__).resolve().parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.hosts)


@contextmanager
def available(suite: str) -> Iterator[Host]:
    """A host of that suite; a skip or a failure where there can be none."""
    try:
        context = opened(suite)
        made = context.__enter__()
    except HostUnavailableError as why:
        unavailable(f"REAL HOSTS NOT TESTED ({suite}): {why}")
    try:
        yield made
    finally:
        context.__exit__(None, None, None)


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    """A Debian with real GIMP and Krita; everything started in it ends with the test run."""
    with available(SUITE) as made:
        yield made


def unavailable(reason: str) -> None:
    """Skip loudly, or fail where hosts are required."""
    if os.environ.get("OVERPAINT_REQUIRE_HOSTS", "") not in ("", "0"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def display(host: Host) -> Iterator[Screen]:
    """A screen of one test's own."""
    with screen(host) as made:
        yield made


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where screenshots for a person to look at are left; git ignores it."""
    return artefacts_of(SUITE)


def artefacts_of(suite: str) -> Path:
    folder = REPOSITORY / "build" / "hosts" / suite
    folder.mkdir(parents=True, exist_ok=True)
    return folder
