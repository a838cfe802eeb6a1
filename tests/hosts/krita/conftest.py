"""One Krita and one server for all tests of this folder: a start takes longer than most tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.hosts.host import Host
from tests.hosts.krita import running
from tests.hosts.screen import Screen, screen
from tests.running import BUNDLED, PONDERING, RunningServer

MODELS = ("sd15-inpainting", "sd15")


@pytest.fixture(scope="package")
def krita_display(host: Host) -> Iterator[Screen]:
    with screen(host) as made:
        yield made


@pytest.fixture(scope="package")
def krita_home(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Overpaint's home, which Krita sees too, with two tiny models of random weights."""
    from server.models.shelf import Shelf
    from tests import tiny_models

    home = host.work / "krita-op"
    home.mkdir()
    for family in MODELS:
        tiny_models.install(family, Shelf(home / "models"), tmp_path_factory.mktemp("models"))
    return home


@pytest.fixture(scope="package")
def krita_server(krita_home: Path) -> Iterator[RunningServer]:
    running_server = RunningServer(
        krita_home, "--device", "cpu", environment={"OMP_NUM_THREADS": "1", **PONDERING, **BUNDLED}
    )
    yield running_server
    running_server.stop()


@pytest.fixture(scope="package")
def living_krita(
    host: Host, krita_display: Screen, krita_home: Path, krita_server: RunningServer
) -> Iterator[Callable[[], running.Krita]]:
    running.install(host, krita_home)
    started: list[running.Krita] = []
    with ExitStack() as stack:

        def living() -> running.Krita:
            if not started or started[-1].process.poll() is not None:
                name = f"krita-{len(started)}"
                started.append(stack.enter_context(running.krita(host, krita_display, name)))
            return started[-1]

        yield living


@pytest.fixture
def krita(living_krita: Callable[[], running.Krita]) -> running.Krita:
    """The Krita of all tests; a new one where the last test ended it."""
    return living_krita()
